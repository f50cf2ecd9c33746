import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder, writeClassFolders } from "../../lib/data/photos/testdata/photo_fixtures.ts";
import type { StepMetrics } from "../../lib/evaluation/step_metrics.ts";
import { Terminal } from "../../lib/testdata/terminal.ts";
import type { RunFolders } from "../../lib/run/folder.ts";
import { Run } from "../../lib/run/run.ts";
import { tinyArgs, tinyConfiguration, withDataDirectory } from "../../lib/run/testdata/tiny_run.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { evaluate } from "./evaluate.ts";
import { train } from "./train.ts";

/** What a command prints. */
async function linesOf(
  command: (args: string[], log: (line: string) => void) => Promise<void>,
  args: string[],
): Promise<string[]> {
  const lines: string[] = [];
  await command(args, (line) => lines.push(...line.split("\n")));
  return lines;
}

/** Trains in this process, which takes less time than the command with a process of its own. */
async function trainHere(
  directory: string,
  fields: Partial<Configuration>,
  through?: number,
): Promise<RunFolders> {
  const run = await Run.open(tinyConfiguration(fields), { directory });
  await run.train(through);
  return run.folders;
}

const folderIn = (lines: string[]) => lines.find((line) => line.startsWith("Run: "))!.slice(5);
const rowsIn = (lines: string[]) => lines.filter((line) => /^ +\d+ +\d+ +[\d.]+ %/.test(line));

Deno.test("train says where the run is and how every step went; evaluate measures the same again", () =>
  withDataDirectory(async (directory) => {
    const args = [...tinyArgs({ method: "lwm", gamma: 0.3 }), "--directory", directory];
    const trained = await linesOf(train, args);
    const folder = folderIn(trained);
    assert.match(folder, /runs\/iemoji-100\/seed1-LwM-[\w-]+$/);
    assert.equal(rowsIn(trained).length, 3);
    assert.match(rowsIn(trained)[2], /^ +2 +7 .*%.*%.*%.*% +\d\.\d\d$/);

    // From the checkpoints alone.
    const path = join(folder, "step-2", "metrics.json");
    const { digest, ...before }: StepMetrics & { digest: string } = JSON.parse(await Deno.readTextFile(path));
    await Deno.remove(path);
    const measured = await linesOf(evaluate, [folder]);
    assert.deepEqual(rowsIn(measured), rowsIn(trained));
    assert.equal(JSON.parse(await Deno.readTextFile(path)).digest, digest);
    const ofModel = measured.find((line) => line.startsWith("| M_2 "))!.split(/ *\| */);
    assert.deepEqual(
      ofModel.slice(2, 5),
      before.accuracyOfSteps.map((share) => `${(100 * share).toFixed(1)} %`),
    );

    const json = await linesOf(evaluate, [folder, "--json"]);
    const { run, configuration, metrics } = JSON.parse(json.join("\n"));
    assert.equal(run, folder);
    assert.equal(configuration.gamma, 0.3);
    // The file has a digest, too.
    assert.deepEqual({ ...before, ...metrics[2] }, before);

    const elsewhere = await linesOf(evaluate, [folder, "--engine", "cpu"]);
    assert.ok(elsewhere.includes("Trained on wasm: what cpu measures is not kept."), elsewhere.join("\n"));
    assert.equal(rowsIn(elsewhere).length, 3);
    assert.equal(JSON.parse(await Deno.readTextFile(path)).digest, digest);

    assert.deepEqual(rowsIn(await linesOf(train, args)), rowsIn(trained), "trained already");
  }));

Deno.test("evaluate says how many steps are not trained yet, and knows the folder of M_0", () =>
  withDataDirectory(async (directory) => {
    const { base } = await trainHere(directory, {}, 0);
    assert.match(base, /seed1-base-[\w-]+$/);
    assert.equal(rowsIn(await linesOf(evaluate, [base])).length, 1);
    const { method } = await trainHere(directory, {}, 1);
    const unfinished = await linesOf(evaluate, [method]);
    assert.match(unfinished.at(-1)!, /Not trained yet: 1 of 3 steps/);
  }));

Deno.test("train that is interrupted says how to go on, and the same command resumes", () =>
  withDataDirectory(async (directory) => {
    // More epochs than can be trained before it is interrupted.
    const args = [...tinyArgs({ increments: 0, baseEpochs: 50_000 }), "--directory", directory];
    const changes = Deno.watchFs(directory);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(import.meta.dirname!, "train.ts"), ...args],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    for await (const { paths } of changes) {
      if (paths.some((path) => path.endsWith("progress.safetensors"))) break; // an epoch is kept
    }
    child.kill("SIGINT");
    const said = await new Response(child.stderr).text();
    assert.equal((await child.status).code, 130);
    assert.match(said, /Stopped\. Only the unfinished epoch is lost\. The same command resumes there\./);
    const plan = await linesOf(train, [...args, "--dry-run"]);
    assert.match(plan[2], /^Step 0: resumes at epoch \d+ of 50000, \d+ iterations, 3 classes: /);
    assert.match(plan[3], /^About .* on this machine\. 1 model, /);
  }));

Deno.test("train --dry-run says what there is to do, and trains nothing", () =>
  withDataDirectory(async (directory) => {
    const args = [...tinyArgs({ increments: 1 }), "--directory", directory];
    const lines = await linesOf(train, [...args, "--dry-run"]);
    assert.match(lines[2], /^Step 0: 4 iterations, 3 classes: telephone, [\w-]+, [\w-]+$/);
    assert.match(lines[3], /^Step 1: \d iterations, 2 classes: [\w-]+, [\w-]+$/);
    assert.match(lines[4], /^About \d+ s on this machine\. 2 models, 0\.0 MB\.$/);
    assert.equal(lines.length, 5);
    await assert.rejects(Deno.stat(folderIn(lines)), Deno.errors.NotFound);

    await trainHere(directory, { increments: 1 });
    const json = JSON.parse((await linesOf(train, [...args, "--json"])).join("\n"));
    assert.deepEqual(json.plan.steps.map(({ classes }: { classes: string[] }) => classes.length), [3, 2]);
    assert.deepEqual(json.metrics.map(({ step }: StepMetrics) => step), [0, 1]);
    assert.deepEqual(
      (await linesOf(train, [...args, "--dry-run"])).slice(2).map((line) => line.slice(0, 16)),
      ["Step 0: trained,", "Step 1: trained,"],
    );
  }));

Deno.test("train --dry-run decodes no image, and derives the steps of one's own images", () =>
  withFolder(async (directory) => {
    const data = join(directory, "pets");
    await writeClassFolders(data, { ant: 3, bee: 3, cat: 3, dog: 3, "e\nel": 3 });
    await Deno.writeTextFile(join(data, "ant", "bad.jpg"), "no image");
    const args = ["--preset", "smoke", "--data", data, "--directory", directory, "--baseClasses", "2"];
    const lines = await linesOf(train, [...args, "--dry-run"]);
    assert.match(lines[1], /^Run: its folder gets a name when the images are prepared$/);
    assert.deepEqual(lines.slice(2, 4).map((line) => line.match(/(\d) classes: /)![1]), ["2", "3"]);
    assert.equal(await Deno.stat(join(directory, "cache")).catch(() => null), null);
    const steps = ["--increment", "1", "--increments", "1", "--skipBroken"];
    const left = await linesOf(train, [...args, "--dry-run", ...steps]);
    assert.match(left[4], /^Not learned: 2 classes: [\w\\]+, [\w\\]+$/);
    await assert.rejects(linesOf(train, args), { name: "UserError", message: /1 damaged: .*bad\.jpg/ });
  }));

Deno.test({
  name: "train on a terminal leaves its table and one bar",
  // `script`, of util-linux, makes the terminal.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withDataDirectory(async (directory) => {
      const args = [...tinyArgs({ increments: 2, baseEpochs: 20, epochs: 40 }), "--directory", directory];
      // A slow disk: meanwhile the bar moves on.
      const slow = join(directory, "slow.ts");
      await Deno.writeTextFile(
        slow,
        `import { Run } from "${import.meta.resolve("../../lib/run/run.ts")}";
        import { train } from "${import.meta.resolve("./train.ts")}";
        const { metrics } = Run.prototype;
        Run.prototype.metrics = async function (step) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          return await metrics.call(this, step);
        };
        await train(Deno.args);`,
      );
      const config = join(import.meta.dirname!, "../../deno.json");
      const command = [Deno.execPath(), "run", "-A", "--config", config, slow, ...args];
      const quoted = command.map((word) => `'${word}'`).join(" ");
      const { stdout } = await new Deno.Command("script", {
        args: ["--quiet", "--command", `stty cols 70 rows 20; ${quoted}`, "/dev/null"],
        stdin: "null",
      }).output();
      const terminal = new Terminal(70, 20);
      terminal.write(new TextDecoder().decode(stdout));
      const lines = terminal.lines();
      const heading = lines.findIndex((line) => line.startsWith("step "));
      assert.equal(rowsIn(lines.slice(heading + 1, heading + 4)).length, 3, lines.join("\n"));
      assert.deepEqual(lines.map((line) => line.includes("█")).lastIndexOf(true), heading + 4);
      assert.equal(lines.length, heading + 5);
    }),
});

Deno.test("train and evaluate refuse what they cannot do, in a sentence", () =>
  withDataDirectory(async (directory) => {
    const place = ["--directory", directory];
    const refuses = (command: typeof train, args: string[], message: RegExp) =>
      assert.rejects(command(args, () => {}), { name: "UserError", message });
    await refuses(train, [...tinyArgs({ depth: 7 }), ...place], /depth to be .* but found 7\. Take 8/);
    assert.equal(await Deno.stat(join(directory, "runs")).catch(() => null), null, "a run was left behind");
    await refuses(train, ["--learningRate", "1e999"], /learningRate to be .* but found Infinity/);
    await refuses(train, ["caltech-101"], /only options and their values but found caltech-101/);
    const nowhere = join(directory, "nowhere");
    const elsewhere = tinyArgs({ dataset: "caltech-101", data: nowhere });
    await refuses(train, [...elsewhere, ...place], /caltech-101 .*nowhere/);
    await refuses(evaluate, [nowhere], /folder of a run, .* but found no folder .*nowhere/);
    await refuses(evaluate, [directory], /found no configuration\.json in/);
    await refuses(evaluate, ["a", "b"], /folder of one run but found a b\./);
    await refuses(evaluate, ["a", "--seed", "1"], /option of `deno task evaluate` but found --seed\./);
    const { base, method } = await trainHere(directory, { increments: 1 });
    await refuses(
      evaluate,
      [method, "--data", "elsewhere"],
      /no `data` for iemoji-100.* but found .*elsewhere/,
    );
    await Deno.remove(join(base, "step-0"), { recursive: true });
    await refuses(evaluate, [method], /trained models in .* but found none/);
  }));
