import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../lib/folder_fixture.ts";
import { fromHere } from "./command_line.ts";
import { readSweepFile, sweepRuns } from "./sweep_file.ts";

const refuses = (content: unknown, message: RegExp) =>
  assert.throws(() => sweepRuns(content, "s.json"), { name: "UserError", message });

Deno.test("sweepRuns() gives every combination of the grid, then the list, over the base", () => {
  const runs = sweepRuns({
    base: { preset: "smoke", epochs: 3 },
    grid: { gamma: [0, 0.1], seed: [1, 2] },
    runs: [{ method: "C", gamma: 0.2, epochs: 4 }],
  }, "s.json");
  assert.deepEqual(runs.map(({ method, gamma, seed, epochs }) => [method, gamma, seed, epochs]), [
    ["LwM", 0, 1, 3],
    ["LwM", 0, 2, 3],
    ["LwM", 0.1, 1, 3],
    ["LwM", 0.1, 2, 3],
    ["C", 0.2, 1, 4],
  ]);
});

Deno.test("sweepRuns() takes each run's own preset values for its method", () => {
  const [c, lwm] = sweepRuns({ grid: { method: ["c", "lwm"] } }, "s.json");
  assert.notEqual(c.classification, lwm.classification);
});

Deno.test("sweepRuns() reads words and paths as the command line does", () => {
  const [run] = sweepRuns({ runs: [{ method: "lwf-mc", widths: [4, 8, 8], data: "x" }] }, "s.json");
  assert.deepEqual([run.method, run.widths, run.data], ["LwF-MC", [4, 8, 8], fromHere("x")]);
});

Deno.test("sweepRuns() refuses what is no sweep and says what is wrong", () => {
  refuses([], /an object with "grid" or "runs" .* in s\.json but found a list/);
  refuses({}, /"grid" or "runs" .* but found nothing/);
  refuses({ base: { seed: 1 } }, /"grid" or "runs" .* but found base/);
  refuses({ grids: {}, runs: [] }, /but found grids, runs/);
  refuses({ runs: [] }, /at least one run in s\.json but found none/);
  refuses({ runs: {} }, /"runs" to be a list/);
  refuses({ runs: [{}, 3] }, /"runs" to be a list of objects of fields in s\.json but found 3/);
  refuses({ base: 1, runs: [{}] }, /"base" to be an object/);
  refuses({ grid: { gamma: 0.1 } }, /"grid" to have a list of values for "gamma" in s\.json but found 0\.1/);
  refuses({ grid: { gamma: [] } }, /list of values for "gamma" in s\.json but found an empty list/);
  refuses({ grid: [] }, /"grid" to be an object of lists/);
  refuses(
    { grid: { gama: [1] } },
    /only fields of a configuration in s\.json but found "gama"/,
  );
  refuses(
    { runs: [{ gamma: 2 }] },
    /^In s\.json, run \{"gamma":2\}: Expected gamma to be at most 1 but found 2/,
  );
  refuses({ runs: [{ learningRate: null }] }, /learningRate/);
});

Deno.test("readSweepFile() refuses a file that is not there or not JSON", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "s.json");
    await assert.rejects(readSweepFile(path), {
      name: "UserError",
      message: /file of a sweep but found no .*s\.json/,
    });
    const slip = async (text: string, message: RegExp) => {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readSweepFile(path), (error: Error) => {
        assert.equal(error.name, "UserError");
        assert.match(error.message, message);
        // Nobody would make it again.
        assert.doesNotMatch(error.message, /damaged|[Dd]elete/);
        return true;
      });
    };
    await slip('{"runs": [', /s\.json to be JSON but found a slip: Unexpected end .*\. Correct it;/);
    await slip('{"runs": [{"seed":1},]}', /found a slip: Unexpected token '\]'.*\. Correct it;/);
    await slip('{\n "base": {}\n "runs": []}', /found a slip: .*line 3 column 2.*\. Correct it;/);
    await assert.rejects(readSweepFile(folder), { name: "UserError", message: /it is a folder, not a file/ });
  });
});
