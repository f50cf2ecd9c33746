import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../folder_fixture.ts";
import { readRecords, writeRecords } from "./run_record.ts";
import { measuredRun } from "./run_record_fixture.ts";
import { readStudies, readStudy, readStudyPlan, resultsPath } from "./study.ts";

async function plan(folder: string, content: unknown) {
  const path = join(folder, "s.json");
  await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return await readStudyPlan(path);
}

Deno.test("readStudyPlan() gives every combination of the grids, then the list, over the base", () =>
  withFolder(async (folder) => {
    const { configurations } = await plan(folder, {
      base: { preset: "smoke", epochs: 3 },
      grid: [{ gamma: [0.2, 0.1], seed: [1, 2] }, { method: ["LwF-MC"] }],
      runs: [{ method: "C", epochs: 4 }],
    });
    assert.deepEqual(
      configurations.map((
        { method, gamma, seed, epochs },
      ) => [method, method === "LwM" ? gamma : 0, seed, epochs]),
      [["LwM", 0.2, 1, 3], ["LwM", 0.2, 2, 3], ["LwM", 0.1, 1, 3], ["LwM", 0.1, 2, 3], ["LwF-MC", 0, 1, 3], [
        "C",
        0,
        1,
        4,
      ]],
    );
  }));

Deno.test("readStudyPlan() takes each run's own preset values for its method", () =>
  withFolder(async (folder) => {
    const { configurations: [C, LwM] } = await plan(folder, { grid: { method: ["C", "LwM"] } });
    assert.notEqual(C.classification, LwM.classification);
  }));

Deno.test("readStudyPlan() skips a configuration that is the same run as another, and counts it", () =>
  withFolder(async (folder) => {
    const { configurations, duplicates } = await plan(folder, {
      grid: { method: ["LwF-MC"], gamma: [0.1, 0.3] },
      runs: [{ method: "LwF-MC", increments: 9 }],
    });
    assert.deepEqual([configurations.length, configurations[0].increments, duplicates], [1, 9, 2]);
  }));

Deno.test("readStudyPlan() says where a file is wrong", () =>
  withFolder(async (folder) => {
    const refuses = (content: unknown, message: RegExp) =>
      assert.rejects(plan(folder, content), { name: "UserError", message });
    await refuses([], /s\.json to hold a study but found this at its root: .*object/);
    await refuses({}, /at its root: expected "grid" or "runs" or both/);
    await refuses({ grids: {}, runs: [{}] }, /"grids"/);
    await refuses({ runs: [{}, 3] }, /at runs\.1: /);
    await refuses({ grid: { gamma: [] } }, /at grid/);
    await refuses({ runs: [{ gama: 1 }] }, /at runs\.0: .*"gama"/);
    await refuses({ runs: [{ beta: 2 }] }, /^In .*s\.json, run \{"beta":2\}: Expected beta to be at most/);
    await refuses(
      { runs: [{}], claims: [{ claim: "?", first: {}, second: {}, measure: "luck" }] },
      /measure/,
    );
    await refuses('{"runs": [', /that are not JSON: Unexpected end .*sweep --help/);
    await refuses('{\n "base": {}\n "runs": []}', /not JSON: .*line 3 column 2/);
    await assert.rejects(
      readStudyPlan(join(folder, "none.json")),
      /a study in .*none\.json but found no such file/,
    );
  }));

const fields = { method: "LwM", increments: 1 } as const;

Deno.test("readStudy() has the finished runs that its file names, with those measured here in their place", () =>
  withFolder(async (folder) => {
    const grid = { method: ["LwM"], increments: [1], seed: [1, 2, 3] };
    await Deno.writeTextFile(join(folder, "s.json"), JSON.stringify({ grid }));
    const short = measuredRun({ ...fields, seed: 2 }, 0.5);
    await writeRecords(resultsPath("s", folder), [
      { ...short, metrics: short.metrics.slice(0, 1) },
      measuredRun({ ...fields, seed: 3 }, 0.4),
      measuredRun({ ...fields, seed: 1 }, 0.3),
      measuredRun({ ...fields, seed: 4 }, 0.3),
    ]);
    const { records } = await readStudy("s", [measuredRun({ ...fields, seed: 3 }, 0.6)], folder);
    const seen = records.map(({ configuration, metrics }) => [configuration.seed, metrics[1].accuracy]);
    assert.deepEqual(seen, [[1, 0.3], [3, 0.6]]);
    assert.deepEqual((await readStudies(folder)).map(({ name }) => name), ["s"]);
  }));

Deno.test("readRecords() gives back what writeRecords() wrote, without the confusion matrix", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s.results.json");
    assert.deepEqual(await readRecords(path), []);
    const record = measuredRun({ ...fields, gamma: 1 / 3 }, 1 / 7);
    await writeRecords(path, [record]);
    const [read] = await readRecords(path);
    assert.deepEqual(read.configuration, record.configuration);
    assert.equal(read.metrics[1].accuracy, 1 / 7);
    assert.equal(read.metrics[1].forgetting, 0.8 - 1 / 7);
    assert.deepEqual(read.metrics[1].attention, record.metrics[1].attention);
    assert.equal("confusion" in read.metrics[1], false);
  }));

Deno.test("readRecords() says where a file is damaged", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s.results.json");
    await writeRecords(path, [measuredRun(fields, 0.4)]);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"accuracy":0.4', '"accuracy":4'));
    await assert.rejects(readRecords(path), {
      name: "UserError",
      message:
        /s\.results\.json to hold the results of a study but found this at runs\.0\.metrics\.1\.accuracy/,
    });
  }));

Deno.test("the committed studies can be read, and every record is of a run that its file names", async () => {
  const studies = await readStudies();
  assert.ok(studies.length >= 3);
  for (const { name, records } of studies) {
    const kept = await readRecords(resultsPath(name, join(import.meta.dirname!, "../../studies")));
    assert.equal(records.length, kept.length, name);
  }
});
