import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isFolder } from "../../lib/data/photos/photo_source.ts";
import { keepConfiguration, runFolders } from "../../lib/run/folder.ts";
import { tinyConfiguration, withDataDirectory } from "../../lib/run/testdata/tiny_run.ts";
import { runKey } from "../../lib/study/run_record.ts";
import { forget, main, notebookConfigurations, studyConfigurations } from "./reproduce.ts";

async function reproduce(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = fileURLToPath(new URL("reproduce.ts", import.meta.url));
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, ...args] });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("reproduce --help names every option", async () => {
  const { code, stdout } = await reproduce("--help");
  assert.equal(code, 0);
  for (const option of ["--fresh", "--all-seeds", "--preset", "--engine"]) {
    assert.ok(stdout.includes(option), option);
  }
});

Deno.test("reproduce refuses what it does not know, before it does anything", async () => {
  const cases = [
    [["--all-seed"], /found --all-seed\..*reproduce --help/],
    [["--engine=tpu"], /Expected engine to be .* but found "tpu"/],
  ] as const;
  for (const [args, message] of cases) await assert.rejects(main([...args]), { name: "UserError", message });
  const { code, stderr } = await reproduce("--preset=big");
  assert.equal(code, 1);
  assert.match(stderr, /^Expected preset to be "smoke" or "default" or "paper" but found "big".*\n$/);
});

Deno.test("the studies train what the notebooks show as well", async () => {
  const studied = new Set((await studyConfigurations()).map(runKey));
  for (const configuration of notebookConfigurations()) assert.ok(studied.has(runKey(configuration)));
});

Deno.test("what is started over leaves the M_0 that other runs need", () =>
  withDataDirectory(async (directory) => {
    const configurations = [0.1, 0.5].map((gamma) => tinyConfiguration({ gamma }));
    const folders: string[] = [];
    for (const configuration of configurations) {
      const { base, method } = await runFolders(configuration, "wasm", directory);
      await keepConfiguration(base, { ...configuration, increments: 0 });
      await keepConfiguration(method, configuration);
      folders.push(base, method);
    }
    await forget(configurations.slice(0, 1), directory);
    assert.deepEqual(folders.map(isFolder), [true, false, true, true]);
    await forget(configurations, directory);
    assert.deepEqual(folders.map(isFolder), [false, false, false, false]);
  }));
