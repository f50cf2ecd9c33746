import assert from "node:assert/strict";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TINY_FIELDS } from "../../lib/run/testdata/tiny_run.ts";
import { withFolder } from "../../lib/testdata/folder.ts";

const root = resolve(import.meta.dirname!, "../..");

async function deno(args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, errors);
  return said + errors;
}

Deno.test("the packed library trains a run in another project", () =>
  withFolder(async (folder) => {
    const said = await deno(["publish", "--dry-run", "--allow-dirty", "--no-check"], root);
    assert.doesNotMatch(said, /^warning\[/m);
    const packed = [...said.matchAll(/^ +(file:\S+) \(/gm)].map(([, url]) => fileURLToPath(url));
    assert.ok(packed.length > 50, said);
    for (const path of packed) {
      const copy = join(folder, "lwm", path.slice(root.length));
      await Deno.mkdir(dirname(copy), { recursive: true });
      await Deno.copyFile(path, copy);
    }
    const project = join(folder, "project");
    await Deno.mkdir(project);
    const configuration = { imports: { "@lwm/lwm": "jsr:@lwm/lwm@^2" }, links: ["../lwm"] };
    await Deno.writeTextFile(join(project, "deno.json"), JSON.stringify(configuration));
    await Deno.writeTextFile(
      join(project, "main.ts"),
      `import { configure, measuredRuns, trainRuns } from "@lwm/lwm";
      const runs = await trainRuns([configure(${JSON.stringify(TINY_FIELDS)})]);
      const [{ metrics }] = await measuredRuns(runs);
      console.log(JSON.stringify(metrics.map(({ accuracy }) => accuracy)));`,
    );
    const accuracies = JSON.parse(
      (await deno(["run", "-A", "--no-lock", "main.ts"], project)).match(/^\[.*\]$/m)![0],
    );
    assert.equal(accuracies.length, 3);
  }));
