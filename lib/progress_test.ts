import assert from "node:assert/strict";
import { duration, formatProgress, progressDisplay, type ProgressLine, type Screen } from "./progress.ts";
import { Terminal } from "./testdata/terminal.ts";

Deno.test("duration() gives one number and its unit", () => {
  assert.deepEqual([0.2, 89, 1400, 5399, 9000].map(duration), ["1 s", "89 s", "23 min", "90 min", "2.5 h"]);
});

Deno.test("formatProgress() shows how far the work is and how long it will still take", () => {
  const line = { label: "LwM", done: 1, total: 4, note: "loss 1.2", startedAt: 1000 };
  assert.equal(formatProgress(line, 11_000), "LwM  ██████░░░░░░░░░░░░░░░░░░  25 %  30 s left   loss 1.2");
});

Deno.test("formatProgress() of work that was resumed reckons with what was done since", () => {
  const line = { label: "C", done: 3, total: 4, doneBefore: 2, startedAt: 0 };
  assert.match(formatProgress(line, 60_000), / 75 % {2}60 s left$/);
});

Deno.test("formatProgress() of finished work says the same however late it is asked", () => {
  const line = { label: "C", done: 4, total: 4, startedAt: 0, finishedAt: 16_000 };
  assert.equal(formatProgress(line, 32_000), formatProgress(line, 16_000));
  assert.match(formatProgress(line, 32_000), /16 s$/);
});

Deno.test("formatProgress() of work that has not begun promises nothing", () => {
  assert.match(
    formatProgress({ label: "C", done: 0, total: 4, note: "waiting" }, 5),
    /░{24} +0 % +waiting$/,
  );
});

Deno.test("formatProgress() gives no time left before there is something to go by", () => {
  const line = { label: "C", done: 1, total: 100_000, startedAt: 0 };
  assert.doesNotMatch(formatProgress(line, 500), /left/);
  assert.match(formatProgress({ ...line, done: 10_000 }, 6_000), /54 s left/);
});

const bars = (...notes: string[]): ProgressLine[] =>
  notes.map((note, i) => ({ label: `run ${i + 1}`, done: 1, total: 2, note }));

/** A display whose clock moves when it is told to. */
function displayOn(screen: Screen) {
  let now = 0;
  return {
    ...progressDisplay(screen, () => now),
    pass: (milliseconds: number) => void (now += milliseconds),
  };
}

Deno.test("progressDisplay() draws over its own lines on a terminal, and over nothing else", async () => {
  const terminal = new Terminal(60);
  const display = displayOn(terminal);
  terminal.write("heading\n");
  for (const row of ["row 1", "row 2", "row 3"]) {
    display.show(bars("early", "early"));
    if (row === "row 2") display.pass(110);
    display.show(bars("late"));
    display.above(() => terminal.write(`${row}\n`));
  }
  display.show(bars("the last"));
  await display.finish();
  terminal.write("end\n");
  display.above(() => terminal.write("after the end\n"));
  const lines = terminal.lines();
  assert.deepEqual(lines.slice(0, 4), ["heading", "row 1", "row 2", "row 3"]);
  assert.match(lines[4], /^run 1 .*the last$/);
  assert.deepEqual(lines.slice(5), ["end", "after the end"]);
});

Deno.test("progressDisplay() draws over its lines when the terminal has become narrower or wider", async () => {
  const terminal = new Terminal(80);
  const display = displayOn(terminal);
  terminal.write("heading\n");
  for (const columns of [80, 23, 9, 80, 40]) {
    terminal.columns = columns;
    display.show(bars("a note that is long enough to be cut at the end of a line", "short"));
    display.pass(110);
  }
  await display.finish();
  assert.equal(terminal.lines().length, 3, terminal.lines().join("\n"));
  assert.equal(terminal.lines()[0], "heading");
});

Deno.test("progressDisplay() draws no more lines than the terminal has rows, and whole ones where it has no columns", async () => {
  const small = new Terminal(60, 4), terminal = new Terminal(80);
  const unknown = { ...screenOf(terminal), size: () => ({ columns: 0, rows: 0 }) };
  for (const screen of [small, unknown]) {
    const display = displayOn(screen);
    for (const note of ["first", "second"]) {
      display.show(bars(...Array.from({ length: 9 }, () => note)));
      display.pass(110);
    }
    await display.finish();
  }
  assert.deepEqual(small.lines().map((line) => line.slice(0, 5)), ["run 7", "run 8", "run 9"]);
  assert.deepEqual(terminal.lines().map((line) => line.slice(-6)), Array(9).fill("second"));
});

Deno.test("formatProgress() rounds no whole percent down", () => {
  for (let done = 0; done <= 100; done++) {
    assert.match(formatProgress({ label: "", done, total: 100 }, 0), new RegExp(` ${done} %`));
  }
  assert.match(formatProgress({ label: "", done: 0, total: 0 }, 0), / 0 %/);
});

Deno.test("progressDisplay() writes into a log each tenth of the way, and what is under way every half minute", async () => {
  const written: string[] = [];
  const display = displayOn(logTo(written));
  const show = (done: number, finishedAt?: number) => {
    const slow = {
      label: "slow",
      done,
      total: 1000,
      startedAt: 0,
      finishedAt,
      note: finishedAt ? "ended" : "",
    };
    display.show([slow, { label: "waiting", done: 0, total: 1 }]);
  };
  for (const done of [0, 1, 99, 100, 250, 251]) {
    show(done);
    display.pass(110);
  }
  display.pass(30_000);
  for (const [done, finishedAt] of [[252], [950], [1000], [1000, 40_000]]) {
    show(done, finishedAt);
    display.pass(110);
  }
  await display.finish();
  assert.deepEqual(written.map((line) => line.match(/^\w+|\d+ %|ended/g)!.join(" ")), [
    ...["slow 0 %", "waiting 0 %", "slow 10 %", "slow 25 %", "slow 25 %"],
    ...["slow 95 %", "slow 100 % ended"],
  ]);
});

function screenOf(terminal: Terminal): Screen {
  return { isTerminal: true, size: () => terminal.size(), write: (text) => terminal.write(text) };
}

function logTo(written: string[]): Screen {
  return {
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    write: (text) => void written.push(text),
  };
}
