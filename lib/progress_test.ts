import assert from "node:assert/strict";
import { clock, formatProgress } from "./progress.ts";

Deno.test("clock() says minutes and seconds, and hours where there are any", () => {
  assert.equal(clock(65), "1:05");
  assert.equal(clock(3.4), "0:03");
  assert.equal(clock(3725), "1:02:05");
});

Deno.test("formatProgress() shows how far the work is and how long it will still take", () => {
  const line = { label: "LwM", done: 1, total: 4, note: "loss 1.2", startedAt: 1000 };
  assert.equal(formatProgress(line, 11_000), "LwM  ██████░░░░░░░░░░░░░░░░░░  25 %  0:30 left   loss 1.2");
});

Deno.test("formatProgress() of work that was resumed reckons with what was done since", () => {
  const line = { label: "C", done: 3, total: 4, doneBefore: 2, startedAt: 0 };
  assert.match(formatProgress(line, 60_000), / 75 % {2}1:00 left$/);
});

Deno.test("formatProgress() says how long finished work took", () => {
  assert.match(
    formatProgress({ label: "C", done: 4, total: 4, startedAt: 0 }, 65_000),
    /█{24} 100 % {2}1:05$/,
  );
});

Deno.test("formatProgress() of finished work says the same however late it is asked", () => {
  const line = { label: "C", done: 4, total: 4, startedAt: 0, finishedAt: 16_000 };
  assert.equal(formatProgress(line, 32_000), formatProgress(line, 16_000));
  assert.match(formatProgress(line, 32_000), /0:16$/);
});

Deno.test("formatProgress() of work that has not begun promises nothing", () => {
  assert.match(
    formatProgress({ label: "C", done: 0, total: 4, note: "waiting" }, 5),
    /░{24} +0 % +waiting$/,
  );
});
