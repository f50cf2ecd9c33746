import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder, writeClassFolders, writeFile } from "../../lib/data/photos/testdata/photo_fixtures.ts";
import { tinyConfiguration } from "../../lib/run/run_fixture.ts";
import { openRun } from "./open_run.ts";

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
