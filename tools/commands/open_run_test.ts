import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder, writeClassFolders, writeFile } from "../../lib/data/photos/testdata/photo_fixtures.ts";
import { someMetrics, tinyConfiguration } from "../../lib/run/testdata/tiny_run.ts";
import { openRun, stepHeading, stepRow } from "./open_run.ts";

Deno.test("openRun() lists the photos that were left out, or refuses them", () =>
  withFolder(async (folder) => {
    const data = join(folder, "my images");
    await writeClassFolders(data, { cat: 8, dog: 8 });
    writeFile(join(data, "dog", "broken.jpg"), "no photo");
    const steps = { firstClasses: [], baseClasses: 1, increment: 1, increments: 1 };
    const configuration = tinyConfiguration({ dataset: "folder", data, ...steps });
    const lines: string[] = [];
    const open = (skipBroken: boolean) =>
      openRun({ ...configuration, skipBroken }, { directory: folder }, (line) => lines.push(line));
    await assert.rejects(open(false), { name: "UserError", message: /broken\.jpg/ });
    await open(true);
    assert.ok(lines.includes("Left out 1 photo that cannot be decoded:"));
    assert.match(lines.at(-1)!, /^ {2}.*broken\.jpg/);
    for (const { name } of Deno.readDirSync(join(data, "dog"))) {
      writeFile(join(data, "dog", name), "no photo");
    }
    await assert.rejects(open(true), {
      name: "UserError",
      message: /in class "dog" but found 0; add images/,
    });
  }));

Deno.test("stepRow() stands under its heading", () => {
  assert.equal(
    stepHeading(),
    "step  classes    top-1    top-5  mean of classes  average  forgetting   cosine",
  );
  assert.equal(
    stepRow([someMetrics(0, 0.8), someMetrics(1, 0.4)]),
    "   1        4   40.0 %  100.0 %           40.0 %   60.0 %      40.0 %     0.90",
  );
});
