/**
 * `deno task endure`: kills trainings at random moments, and damages every kind of file that a run keeps. A run that was killed
 * has to end with the same bytes; damage has to be noticed in a sentence or change nothing.
 * @module
 */
import { basename, join } from "node:path";
import { readImages, readMetrics, readRunFolder, stepFolder } from "../../lib/run/folder.ts";
import { Run } from "../../lib/run/run.ts";
import { startWorker, tinyConfiguration, withDataDirectory } from "../../lib/run/run_fixture.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { decodeCheckpoint } from "../../lib/model/mod.ts";
import { randomStream } from "../../lib/random.ts";
import { UserError } from "../../lib/user_error.ts";
import { parseCommandLine, runCommand } from "../commands/command_line.ts";

const COMMAND = {
  name: "endure",
  usage: "[--kills NUMBER] [--damages NUMBER] [--seed NUMBER]",
  about:
    `Kills trainings with SIGKILL at random moments; each is then resumed and has to end with the bytes of one that
was never killed. Flips one bit at each byte of each file that a run keeps, and cuts it off there: that has to
be noticed in a sentence, or to change nothing. Takes about six minutes.

  deno task endure --kills 3 --damages 100`,
  options: {
    "kills NUMBER": "trainings that are killed [50]",
    "damages NUMBER": "damages of each kind and file, at random bytes where the file has more [10000]",
    "seed NUMBER": "of the random choices [1]",
  },
};

/** What came of the checks. */
interface Endured {
  /** Trainings that were killed before their end. */
  kills: number;
  /** Damages that were noticed, and that changed nothing. */
  noticed: number;
  harmless: number;
  /** What should not have happened. */
  failures: string[];
}

/** Kills trainings and damages files in a temporary folder. */
export async function endure(
  { kills, damages, seed, log }: {
    kills: number;
    damages: number;
    seed: number;
    log: (line: string) => void;
  },
): Promise<Endured> {
  const result: Endured = { kills: 0, noticed: 0, harmless: 0, failures: [] };
  await withDataDirectory(async (directory) => {
    const configuration = tinyConfiguration({ increments: 1, baseEpochs: 3, epochs: 3 });
    const run = await Run.open(configuration, { directory });
    await run.train();
    const whole = await contentOf(run);

    const random = randomStream("endure", seed);
    let duration = 1000; // in milliseconds, of a process that trains to the end
    for (let i = 1; i <= kills; i++) {
      await Deno.remove(join(directory, "runs"), { recursive: true });
      const moment = Math.round(random.uniform() * duration);
      if (await killAfter(moment, configuration, directory)) result.kills++;
      else duration = 0.9 * duration;
      const startedAt = performance.now();
      await startWorker(configuration, directory).end();
      duration = Math.max(duration, performance.now() - startedAt);
      if (await contentOf(run) !== whole) result.failures.push(`other bytes after a kill at ${moment} ms`);
      log(`${i} of ${kills} trainings: killed at ${moment} ms`);
    }
    for (const kind of await kindsOf(run, directory)) {
      log(`${basename(kind.path)}: ${await damageFile(kind, damages, random.integer, result)}`);
    }
  });
  return result;
}

/** Models and metrics of a run, as one text. */
async function contentOf({ steps, folders }: Run): Promise<string> {
  const files = [];
  for (const step of steps.keys()) {
    for (const name of ["model.safetensors", "metrics.json"]) {
      files.push((await Deno.readFile(join(stepFolder(folders, step), name))).toHex());
    }
  }
  return files.join(" ");
}

/** @returns whether it was killed before its end */
async function killAfter(
  milliseconds: number,
  configuration: Configuration,
  directory: string,
): Promise<boolean> {
  const { process, end } = startWorker(configuration, directory);
  const timer = setTimeout(() => process.kill("SIGKILL"), milliseconds);
  const { signal } = await end();
  clearTimeout(timer);
  return signal !== null;
}

/** A file that a run keeps, and how it is read. */
interface Kind {
  path: string;
  /** What was read, as text. */
  read: () => Promise<string>;
}

async function kindsOf(run: Run, directory: string): Promise<Kind[]> {
  const { method } = run.folders;
  const step = join(method, "step-1");
  const progress = join(step, "progress.safetensors");
  await Deno.remove(join(step, "model.safetensors"));
  // Stopped behind its first epoch.
  const again = await Run.open(run.configuration, { directory });
  let epoch = 0;
  await again.train(1, { onProgress: (now) => epoch = now.epoch ?? 0, shouldStop: () => epoch > 1 });
  const checkpoint = (path: string) => async () => {
    const { model, configuration, state } = await decodeCheckpoint(await Deno.readFile(path), path);
    model.dispose();
    return JSON.stringify([configuration, state]);
  };
  const model = join(run.folders.base, "step-0", "model.safetensors");
  return [
    { path: model, read: checkpoint(model) },
    { path: progress, read: checkpoint(progress) },
    { path: join(step, "metrics.json"), read: async () => JSON.stringify(await readMetrics(run.folders, 2)) },
    {
      path: join(method, "configuration.json"),
      read: async () => JSON.stringify(await readRunFolder(method)),
    },
    { path: join(method, "data.json"), read: async () => JSON.stringify(await readImages(method)) },
  ];
}

/** @returns what came of it, in words */
async function damageFile(
  { path, read }: Kind,
  damages: number,
  randomInteger: (below: number) => number,
  result: Endured,
): Promise<string> {
  const bytes = await Deno.readFile(path);
  const before = await read();
  const places = bytes.length <= damages
    ? [...bytes.keys()]
    : Array.from({ length: damages }, () => randomInteger(bytes.length));
  let [noticed, harmless] = [0, 0];
  for (const place of places) {
    const flipped = bytes.slice();
    flipped[place] ^= 1 << randomInteger(8);
    for (const [what, damaged] of [["flipped", flipped], ["cut off", bytes.subarray(0, place)]] as const) {
      await Deno.writeFile(path, damaged);
      try {
        if (await read() === before) harmless++;
        else result.failures.push(`${path} ${what} at ${place}: something else was read`);
      } catch (error) {
        if (error instanceof UserError) noticed++;
        else result.failures.push(`${path} ${what} at ${place}: ${error}`);
      }
    }
  }
  await Deno.writeFile(path, bytes);
  result.noticed += noticed;
  result.harmless += harmless;
  return `${2 * places.length} damages, ${noticed} noticed, ${harmless} changed nothing`;
}

async function main(args: string[]): Promise<void> {
  const { own: { kills = 50, damages = 10_000, seed = 1 }, help } = parseCommandLine(args, COMMAND);
  if (help) return console.log(help);
  const numbers = { kills: Number(kills), damages: Number(damages), seed: Number(seed) };
  const result = await endure({ ...numbers, log: console.log });
  for (const failure of result.failures) console.error(failure);
  const damaged = result.noticed + result.harmless;
  console.log(`${result.kills} kills, ${damaged} damages, ${result.failures.length} failures`);
  if (result.failures.length > 0) Deno.exit(1);
}

if (import.meta.main) await runCommand(main);
