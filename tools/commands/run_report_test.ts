import assert from "node:assert/strict";
import { duration, type PlannedNotebook, type Screen, ScreenReport, secondsLeft } from "./run_report.ts";

const plan: PlannedNotebook[] = [
  { path: "notebooks/01-a.ipynb", cells: 2, statedSeconds: 10 },
  { path: "notebooks/02-b.ipynb", cells: 1, statedSeconds: 100 },
];

/** A screen that remembers, and a clock that is set by hand. */
function stage(isTerminal: boolean) {
  const written: string[] = [];
  const clock = { seconds: 0 };
  const screen: Screen = { isTerminal, columns: () => 70, write: (text) => written.push(text) };
  return { clock, written, report: new ScreenReport(screen, () => clock.seconds * 1000) };
}

Deno.test("ScreenReport writes to a file what runs, its text, its last progress, and what is left", () => {
  const { clock, written, report } = stage(false);
  report.begin(plan);
  try {
    report.startNotebook();
    report.startCell(1, "// first\ntrain();");
    report.text("loss 1");
    report.text(".5\nloss");
    report.progress("epoch 1");
    clock.seconds = 4;
    report.showState();
    report.progress("epoch 2");
    report.startCell(2, "done()");
    report.endNotebook(true);
    report.startNotebook();
    report.endNotebook(false);
  } finally {
    report.end();
  }
  assert.deepEqual(written.join("").split("\n"), [
    "[1/2] 01-a.ipynb · 1 more notebook to run · about 1 min 50 s left",
    "  code cell 1 of 2: // first",
    "    loss 1.5",
    "  code cell 1 of 2 · 4.0 s · 1 more notebook to run · about 1 min 46 s left",
    "    epoch 1",
    "    loss",
    "    epoch 2",
    "  code cell 2 of 2: done()",
    "[1/2] 01-a.ipynb done after 4.0 s",
    "[2/2] 02-b.ipynb · about 40 s left",
    "[2/2] 02-b.ipynb stopped after 0.0 s",
    "",
  ]);
});

Deno.test("ScreenReport keeps the state fresh at the bottom of a terminal, no wider than it", () => {
  const { written, report } = stage(true);
  report.begin(plan);
  try {
    report.startNotebook();
    report.startCell(1, "train()");
    report.progress("C       epoch 1\nLwF-MC  epoch 2");
    report.text("hello\n");
  } finally {
    report.end();
  }
  const state = "  code cell 1 of 2 · 0.0 s · 1 more notebook to run · about 1 min 50 "; // 69 of 70 columns.
  assert.deepEqual(written, [
    "\r\x1b[J[1/2] 01-a.ipynb · 1 more notebook to run · about 1 min 50 s left\n",
    `\r\x1b[J${state}`,
    `\r\x1b[J${state}\n    C       epoch 1\n    LwF-MC  epoch 2`,
    "\r\x1b[2A\x1b[J    hello\n",
    "\r\x1b[J",
  ]);
});

Deno.test("secondsLeft() scales the stated times by the pace so far", () => {
  assert.equal(secondsLeft(plan, [], 4), 106);
  assert.equal(secondsLeft(plan, [5], 10), 40);
  assert.equal(secondsLeft(plan, [5], 1000), 0);
  assert.equal(secondsLeft([...plan, { path: "", cells: 1 }], [5], 10), undefined);
});

Deno.test("duration() reads as people say it", () => {
  assert.deepEqual([0, 9.96, 59.4, 59.6, 125].map(duration), [
    "0.0 s",
    "10 s",
    "59 s",
    "1 min 00 s",
    "2 min 05 s",
  ]);
});
