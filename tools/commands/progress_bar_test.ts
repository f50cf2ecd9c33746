import assert from "node:assert/strict";
import { ProgressBar } from "./progress_bar.ts";

/** Shows these shares of an activity and returns what was written. */
function written(terminal: boolean, shows: [string, number, number][]): string[] {
  const texts: string[] = [];
  using bar = new ProgressBar(terminal, (text) => texts.push(text));
  for (const [activity, done, total] of shows) bar.show(activity, done, total);
  bar[Symbol.dispose]();
  return texts;
}

Deno.test("ProgressBar overwrites its line in a terminal and ends it", () => {
  const texts = written(true, [["unpacking", 0, 4], ["unpacking", 1, 4], ["unpacking", 1, 4], [
    "unpacking",
    4,
    4,
  ]]);
  assert.equal(texts.length, 4);
  assert.ok(texts.slice(0, 3).every((text) => text.startsWith("\runpacking")));
  assert.match(texts[1], /█{8}░{22} 25 %$/);
  assert.match(texts[2], /█{30} 100 %$/);
  assert.equal(texts[3], "\n");
});

Deno.test("ProgressBar writes a line each tenth of the way in a log", () => {
  const shows = Array.from({ length: 1001 }, (_, i): [string, number, number] => ["decoding", i, 1000]);
  const texts = written(false, shows);
  assert.equal(texts.length, 11);
  assert.ok(texts.every((text) => /^decoding [█░]{30} \d+ %\n$/.test(text)));
});

Deno.test("ProgressBar begins a new line with a new activity", () => {
  const texts = written(true, [["downloading", 2, 2], ["unpacking", 1, 2]]);
  assert.deepEqual([texts[1], texts.at(-1)], ["\n", "\n"]);
  assert.match(texts[2], /^\runpacking .* 50 %$/);
});

Deno.test("ProgressBar takes nothing to do for done", () => {
  assert.match(written(false, [["decoding", 0, 0]])[0], /100 %/);
});
