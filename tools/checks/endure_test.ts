/**
 * A run that was killed has to end with the same bytes; damage to a file that a run keeps has to be noticed
 * in a sentence, or change nothing. `deno task endure` kills 50 trainings, and flips and cuts each file at
 * 10,000 bytes, in about six minutes:
 *
 *     deno task endure --kills=3 --damages=100 --seed=2
 * @module
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { decodeCheckpoint } from "../../lib/model/mod.ts";
import { randomStream } from "../../lib/random.ts";
import { readMetrics, readRunFolder, stepFolder } from "../../lib/run/folder.ts";
import { Run } from "../../lib/run/run.ts";
import { startWorker, tinyConfiguration, withDataDirectory } from "../../lib/run/testdata/tiny_run.ts";
import { UserError } from "../../lib/user_error.ts";

const { values } = parseArgs({ args: Deno.args, strict: false });
const { kills = 0, damages = 60, seed = 1 } = values;
if (values.help) {
  console.log("deno task endure [--kills N] [--damages N] [--seed N]\n");
  console.log("Kills trainings and damages their files: nothing may be lost or go unnoticed.");
  Deno.exit(0);
}
const configuration = tinyConfiguration({ increments: 1, baseEpochs: 3, epochs: 3 });

/** Models and metrics of a run, as one text. */
async function contentOf({ steps, folders }: Run): Promise<string> {
  const files = [...steps.keys()].flatMap((step) =>
    ["model.safetensors", "metrics.json"].map((name) => join(stepFolder(folders, step), name))
  );
  return (await Promise.all(files.map(async (file) => (await Deno.readFile(file)).toHex()))).join(" ");
}

Deno.test({
  name: "a training that was killed at any moment is resumed, and ends with the same bytes",
  ignore: Number(kills) === 0,
  fn: () =>
    withDataDirectory(async (directory) => {
      const run = await Run.open(configuration, { directory });
      await run.train();
      const whole = await contentOf(run);
      const random = randomStream("endure", String(seed));
      let duration = 1000; // in milliseconds, of a process that trains to the end
      for (let i = 0; i < Number(kills); i++) {
        await Deno.remove(join(directory, "runs"), { recursive: true });
        const moment = Math.round(random.uniform() * duration);
        const { process, end } = startWorker(configuration, directory);
        const timer = setTimeout(() => process.kill("SIGKILL"), moment);
        if ((await end()).signal === null) duration = 0.9 * duration;
        clearTimeout(timer);
        const startedAt = performance.now();
        await startWorker(configuration, directory).end();
        duration = Math.max(duration, performance.now() - startedAt);
        assert.ok(await contentOf(run) === whole, `other bytes after a kill at ${moment} ms`);
      }
    }),
});

/** The kinds of files that a run keeps, each with what is read of it, as text. */
async function kindsOf(directory: string): Promise<Record<string, () => Promise<unknown>>> {
  const run = await Run.open(configuration, { directory });
  await run.train();
  const { method, base } = run.folders;
  await Deno.remove(join(method, "step-1", "model.safetensors"));
  // Stopped behind its first epoch.
  const again = await Run.open(configuration, { directory });
  const onProgress = ({ epoch = 0 }) => {
    if (epoch > 1) throw new Error("stopped");
  };
  await assert.rejects(again.train(1, { onProgress }), { message: "stopped" });
  const checkpoint = (path: string) => ({
    [path]: async () => {
      const { model, state } = await decodeCheckpoint(await Deno.readFile(path), path);
      model.dispose();
      return state;
    },
  });
  return {
    ...checkpoint(join(base, "step-0", "model.safetensors")),
    ...checkpoint(join(method, "step-1", "progress.safetensors")),
    [join(method, "step-1", "metrics.json")]: () => readMetrics(run.folders, 2),
    [join(method, "configuration.json")]: () => readRunFolder(method),
  };
}

Deno.test("a run endures damage to each of its files", () =>
  withDataDirectory(async (directory) => {
    const random = randomStream("endure", String(seed));
    for (const [path, read] of Object.entries(await kindsOf(directory))) {
      const bytes = await Deno.readFile(path);
      const before = JSON.stringify(await read());
      const places = bytes.length <= Number(damages)
        ? [...bytes.keys()]
        : Array.from({ length: Number(damages) }, () => random.integer(bytes.length));
      let noticed = 0;
      for (const place of places) {
        const flipped = bytes.slice();
        flipped[place] ^= 1 << random.integer(8);
        for (
          const [what, damaged] of [["flipped", flipped], ["cut off", bytes.subarray(0, place)]] as const
        ) {
          await Deno.writeFile(path, damaged);
          try {
            const found = JSON.stringify(await read());
            assert.equal(found, before, `${path} ${what} at ${place}: something else was read`);
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
            noticed++;
          }
        }
      }
      assert.ok(noticed > 0, `${basename(path)}: no damage was noticed`);
      await Deno.writeFile(path, bytes);
    }
  }));
