import assert from "node:assert/strict";
import { expectedSeconds, type NotebookTimes, TimedReport } from "./notebook_times.ts";

const TIMES: NotebookTimes = { training: { "01-a.ipynb": 90 }, trained: { "01-a.ipynb": 4 } };

Deno.test("expectedSeconds() takes the last time of the same kind", () => {
  const notebook = { path: "notebooks/01-a.ipynb", cells: 3, statedSeconds: 120 };
  assert.equal(expectedSeconds(notebook, "training", TIMES), 90);
  assert.equal(expectedSeconds(notebook, "trained", TIMES), 4);
});

Deno.test("expectedSeconds() of a notebook that has never run is what it states, which is a time with training", () => {
  const notebook = { path: "notebooks/02-b.ipynb", cells: 3, statedSeconds: 120 };
  assert.equal(expectedSeconds(notebook, "training", TIMES), 120);
  assert.ok(expectedSeconds(notebook, "trained", TIMES)! < 20);
  assert.equal(expectedSeconds({ path: "notebooks/03-c.ipynb", cells: 3 }, "training", TIMES), undefined);
});

Deno.test("TimedReport says how long the rest will take, and notes what was taken", () => {
  const written: string[] = [];
  const screen = { isTerminal: false, columns: () => 80, write: (text: string) => written.push(text) };
  const report = new TimedReport(
    "training",
    { training: { "a.ipynb": 60, "b.ipynb": 90 }, trained: {} },
    screen,
  );
  report.begin([{ path: "notebooks/a.ipynb", cells: 1, statedSeconds: 1 }, {
    path: "notebooks/b.ipynb",
    cells: 1,
  }]);
  try {
    report.startNotebook();
    report.endNotebook(true);
    report.startNotebook();
    report.endNotebook(false);
  } finally {
    report.end();
  }
  assert.match(written.join(""), /\[1\/2\] a\.ipynb .*1 more notebook to run · about 2 min 30 s left/);
  assert.deepEqual(Object.keys(report.taken), ["a.ipynb"], "what has failed tells nothing");
});
