import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder, writeClassFolders, writeFile } from "../../lib/data/photos/testdata/photo_fixtures.ts";
import { tinyConfiguration } from "../../lib/run/testdata/tiny_run.ts";
import type { StepMetrics } from "../../lib/evaluation/step_metrics.ts";
import { openRun, stepHeading, stepRow } from "./open_run.ts";

Deno.test("openRun() lists the photos that were left out, or refuses them", () =>
  withFolder(async (folder) => {
    const data = join(folder, "my images");
    await writeClassFolders(data, { cat: 8, dog: 8 });
    writeFile(join(data, "dog", "broken.jpg"), "no photo");
    const configuration = tinyConfiguration({
      dataset: "folder",
      data,
      firstClasses: [],
      baseClasses: 1,
      increment: 1,
      increments: 1,
    });
    const lines: string[] = [];
    const open = (skipBroken: boolean) =>
      openRun({ ...configuration, skipBroken }, { directory: folder }, (line) => lines.push(line));
    await assert.rejects(open(false), { name: "UserError", message: /broken\.jpg/ });
    await open(true);
    assert.ok(lines.includes("Left out 1 photo that cannot be decoded:"));
    assert.match(lines.at(-1)!, /^ {2}.*broken\.jpg/);
  }));

const METRICS: StepMetrics[] = [
  {
    step: 0,
    classesSeen: 2,
    classNames: [["a", "b"]],
    accuracyTop5: 1,
    accuracy: 0.8,
    accuracyOfSteps: [0.8],
    meanClassAccuracy: 0.7,
    confusion: [],
    attention: { images: 4, cosine: 1 },
  },
  {
    step: 1,
    classesSeen: 4,
    classNames: [["a", "b"], ["c", "d"]],
    accuracyTop5: 0.9,
    accuracy: 0.4,
    accuracyOfSteps: [0.2, 0.6],
    meanClassAccuracy: 0.5,
    confusion: [],
    attention: { images: 4, cosine: 0.9 },
  },
];

Deno.test("stepRow() stands under its heading", () => {
  assert.equal(
    stepHeading(),
    "step  classes    top-1    top-5  mean of classes  average  forgetting   cosine",
  );
  assert.equal(
    stepRow(METRICS),
    "   1        4   40.0 %   90.0 %           50.0 %   60.0 %      60.0 %     0.90",
  );
});
