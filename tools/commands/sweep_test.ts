import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder, writeClassFolders, writeFile } from "../../lib/data/photos/testdata/photo_fixtures.ts";
import { Run } from "../../lib/run/run.ts";
import {
  TINY_FIELDS,
  tinyConfiguration,
  tinyPhotoConfiguration,
  withDataDirectory,
} from "../../lib/run/testdata/tiny_run.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { COMPARED, readRecords, writeRecords } from "../../lib/study/run_record.ts";
import { readStudyPlan } from "../../lib/study/study.ts";
import { measuredRun } from "../../lib/study/testdata/records.ts";
import { findKept } from "./cluster.ts";
import { sweep } from "./sweep.ts";
import { train } from "./train.ts";

async function writeSweep(directory: string, content: Record<string, unknown>): Promise<string> {
  const file = join(directory, "studies", "tiny.json");
  await Deno.mkdir(join(directory, "studies"), { recursive: true });
  await Deno.writeTextFile(file, JSON.stringify({ base: { ...TINY_FIELDS, increments: 1 }, ...content }));
  return file;
}

async function sweepIn(directory: string, file: string, ...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  await sweep([file, "--directory", directory, ...args], (line) => lines.push(line));
  return lines;
}

/** Trains a run of the study in this process, which takes less time than in one of its own. */
async function trainHere(directory: string, fields: Partial<Configuration>): Promise<void> {
  const run = await Run.open(tinyConfiguration({ increments: 1, ...fields }), { directory });
  await run.train();
}

Deno.test("sweep trains what can be trained, reports what fails, and goes on from there the next time", () =>
  withDataDirectory(async (directory) => {
    const content = {
      grid: { method: ["LwM", "LwF-MC"], gamma: [0.1, 0.3] },
      runs: [
        { method: "C", learningRate: 1e38, maxNorm: 1e38 },
        // Its M_0 cannot be, and is of no other run.
        { method: "LwM", seed: 2, baseLearningRate: 1e38, maxNorm: 1e38 },
      ],
      arms: { M: { method: "LwM", gamma: 0.3, seed: 1 }, F: { method: "LwF-MC" } },
      comparisons: [{ what: "L_AD", first: "M", second: "F" }],
      figures: [
        {
          name: "drawn",
          kind: "accuracyCurve",
          runs: [{ method: "LwM", gamma: 0.3, seed: 1 }, { method: "LwF-MC" }],
        },
        { name: "unfinished", kind: "accuracyCurve", runs: [{ method: "C" }, { method: "LwF-MC" }] },
      ],
    };
    const impossible = await writeSweep(directory, { ...content, runs: [{ method: "C", increment: 98 }] });
    await assert.rejects(sweepIn(directory, impossible), {
      name: "UserError",
      message: /tiny\.json, run .*"increment":98.*: Expected at most 100 classes/,
    });
    const file = await writeSweep(directory, content);
    for (const gamma of [0.1, 0.3]) await trainHere(directory, { method: "LwM", gamma });
    const lines: string[] = [];
    const failure = await sweep(
      [file, "--directory", directory, "--out", join(directory, "out")],
      (line) => void lines.push(line),
    ).catch((error) => error);
    assert.equal(failure.name, "UserError");
    const reasons = failure.message.split("\n");
    assert.equal(reasons.length, 2);
    assert.match(reasons[0], /^C, .*: Expected finite losses/);
    assert.match(reasons[1], /^LwM.*seed 2: Expected finite losses/);
    assert.ok(lines.includes("2 of 5 runs are finished, 3 to train."));
    const text = lines.join("\n");
    assert.match(text, /^LwF-MC .* 1 /m);
    assert.match(text, /^iEmoji-100 +L_AD, M − F .* undecided/m);
    assert.match(
      text,
      /unfinished stays as it is: Expected the 2 runs of the figure to be finished but found 1 that/,
    );

    const records = await readRecords(join(directory, "out", "tiny.results.json"));
    assert.deepEqual(
      records.map((
        { configuration: { method, gamma }, engine, metrics },
      ) => [method, method === "LwM" && gamma, engine, metrics.length]),
      [["LwM", 0.1, "wasm", 2], ["LwM", 0.3, "wasm", 2], ["LwF-MC", false, "wasm", 2]],
    );
    const written = Array.from(Deno.readDirSync(join(directory, "out")), ({ name }) => name).sort();
    assert.deepEqual(written, [
      "drawn.json",
      "drawn.png",
      "drawn.svg",
      "tiny.results.json",
      "tiny.results.tsv",
    ]);
    const tsv = (await Deno.readTextFile(join(directory, "out", "tiny.results.tsv"))).trim().split("\n");
    assert.equal(tsv.length, 4);
    assert.deepEqual(tsv[0].split("\t").slice(0, 3), ["method", "seed", "gamma"]);

    await writeSweep(directory, { ...content, runs: [{ method: "C" }], comparisons: [], figures: [] });
    const [again] = await sweepIn(directory, file, "--dry-run");
    assert.equal(again, "3 of 4 runs are finished, 1 to train.");
  }));

Deno.test("sweep knows finished runs from its results, where neither data nor models are, and writes a damaged table again", () =>
  withFolder(async (directory) => {
    const file = await writeSweep(directory, { runs: [{ method: "LwF-MC" }] });
    const results = join(directory, "studies", "smoke", "tiny.results.json");
    const table = results.replace(/json$/, "tsv");
    await writeRecords(results, [measuredRun(tinyConfiguration({ method: "LwF-MC", increments: 1 }), 0.5)]);
    const before = [await Deno.readTextFile(results), await Deno.readTextFile(table)];
    await Deno.truncate(table, 20);
    const lines = await sweepIn(directory, file);
    assert.match(lines[0], /^1 of 1 runs are finished \(1 by other code\), 0 to train\.$/);
    assert.deepEqual([await Deno.readTextFile(results), await Deno.readTextFile(table)], before);
    assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["studies"]);
  }));

Deno.test("sweep keeps results that another process has added meanwhile", () =>
  withDataDirectory(async (directory) => {
    const file = await writeSweep(directory, { runs: [{ method: "LwF-MC" }] });
    await trainHere(directory, { method: "LwF-MC" });
    const results = join(directory, "studies", "smoke", "tiny.results.json");
    const added = measuredRun({ ...TINY_FIELDS, increments: 1, method: "LwM", seed: 5 }, 0.5);
    const elsewhere = join(directory, "elsewhere.results.json");
    await writeRecords(elsewhere, [added]);
    await Deno.mkdir(join(results, ".."));
    await sweep([file, "--directory", directory], (line) => {
      if (line.startsWith("1 of 1 runs are finished")) Deno.copyFileSync(elsewhere, results);
    });
    const methods = (await readRecords(results)).map(({ configuration }) => configuration.method);
    assert.deepEqual(methods, ["LwF-MC", "LwM"]);
  }));

Deno.test("sweep asks a folder of images what is trained, and keeps each result until a new one replaces it", () =>
  withDataDirectory(async (directory) => {
    const data = join(directory, "pets");
    await writeClassFolders(data, { ant: 5, bee: 5, cat: 5 });
    const wild = { learningRate: 1e38, maxNorm: 1e38 };
    const file = await writeSweep(directory, {
      base: { ...tinyPhotoConfiguration(data), data: "../pets" },
      runs: [{ method: "LwF-MC" }, { method: "C", ...wild }],
    });
    const results = join(directory, "studies", "smoke", "tiny.results.json");
    const configurations = [
      tinyPhotoConfiguration(data, { method: "LwF-MC" }),
      tinyPhotoConfiguration(data, { method: "C", ...wild }),
    ];
    await writeRecords(results, configurations.map((configuration) => measuredRun(configuration, 0.5)));
    assert.equal((await sweepIn(directory, file, "--list")).length, 4);
    assert.equal((await sweepIn(directory, file, "--collect"))[0], "0 of 2 runs are finished.");

    await (await Run.open(configurations[0], { directory })).train();
    await assert.rejects(sweepIn(directory, file), { message: /^C, .*: Expected finite/ });
    const [replaced, old] = await readRecords(results);
    assert.notEqual(replaced.metrics[0].accuracy, 0.8);
    assert.deepEqual(old.metrics[0].accuracy, 0.8);

    await writeSweep(directory, { base: tinyPhotoConfiguration(data), runs: [{ method: "LwF-MC" }] });
    assert.ok((await sweepIn(directory, file)).includes("1 of 1 runs are finished, 0 to train."));
    // Of a folder with other images it is another run.
    const photo = await Deno.readFile(join(data, "bee", "image_0001.jpg"));
    writeFile(join(data, "bee", "image_0006.jpg"), photo);
    assert.equal((await sweepIn(directory, file, "--list")).length, 2);
  }));

Deno.test("sweep names with --dry-run what is missing, and writes nothing", () =>
  withDataDirectory(async (directory) => {
    const file = await writeSweep(directory, {
      grid: { method: ["LwF-MC", "C"] },
      runs: ["C", "LwM"].map((method) => ({ method, increments: 0, seed: 2 })),
    });
    await trainHere(directory, { method: "C" });
    const lines = await sweepIn(directory, file, "--dry-run");
    assert.deepEqual(lines, [
      "1 of 4 runs are finished, 3 to train.",
      "  to train: LwF-MC, seed 1",
      "  to train: all 3 classes together, seed 2",
      "  to train: all 3 classes together, seed 2",
    ]);
    assert.deepEqual([...Deno.readDirSync(join(directory, "studies"))].length, 1);
    const { runs, missing } = JSON.parse((await sweepIn(directory, file, "--dry-run", "--json"))[0]);
    assert.equal(typeof runs[0].summary.averageAccuracy, "number");
    assert.deepEqual(missing.map(({ method }: Configuration) => method), ["LwF-MC", "C", "LwM"]);
  }));

Deno.test("sweep draws a study of one's own beside it, and passes over damaged studies there", () =>
  withFolder(async (directory) => {
    const file = join(directory, "mine.json");
    const study = {
      grid: { method: ["LwM", "LwF-MC"], increments: [1] },
      arms: { M: { method: "LwM" }, F: { method: "LwF-MC" } },
      comparisons: [{ what: "gain", first: "M", second: "F" }],
      figures: [{ name: "curve", kind: "accuracyCurve" }],
    };
    await Deno.writeTextFile(file, JSON.stringify(study));
    const results = join(directory, "mine.results.json");
    await writeRecords(results, study.grid.method.map((method) => measuredRun({ method }, 0.5)));
    await Deno.writeTextFile(join(directory, "other.json"), '{ "runs": 3 }');
    await Deno.writeTextFile(join(directory, "study2.json"), JSON.stringify(study));
    await Deno.writeTextFile(join(directory, "study2.results.json"), '{ "runs": [');
    const text = (await sweepIn(join(directory, "data"), file)).join("\n");
    assert.match(text, /Passed over other\.json: Expected .*other\.json to hold a study/);
    assert.match(text, /Passed over study2\.json: Expected .*study2\.results\.json .* that are not JSON/);
    assert.match(text, /^iEmoji-100 +gain, M − F .* undecided/m);
    const curve = join(directory, "curve.svg");
    assert.ok(text.includes(`\nFigures: ${curve}\n`), text);
    assert.match(await Deno.readTextFile(curve), /^<svg/);

    const [json, ...more] = await sweepIn(join(directory, "data"), file, "--json");
    const { runs, comparisons: [judged], ...rest } = JSON.parse(json);
    assert.deepEqual(rest, { study: "mine", results, missing: [], figures: [curve] });
    assert.deepEqual([runs.length, judged.comparison, more], [2, "gain, M − F", []]);
  }));

Deno.test("findKept() follows links to folders", () =>
  withFolder(async (directory) => {
    const run = join(directory, "disk", "iemoji-100", "seed1");
    await Deno.mkdir(run, { recursive: true });
    await Deno.writeTextFile(join(run, "configuration.json"), "{}");
    for (const [place, target] of [["whole/runs", "disk"], ["part/runs/iemoji-100", "disk/iemoji-100"]]) {
      await Deno.mkdir(join(directory, place, ".."), { recursive: true });
      await Deno.symlink(join(directory, target), join(directory, place));
    }
    assert.deepEqual(await findKept(join(directory, "whole")), [
      join(directory, "whole/runs/iemoji-100/seed1"),
    ]);
    assert.deepEqual(await findKept(join(directory, "part")), [
      join(directory, "part/runs/iemoji-100/seed1"),
    ]);
  }));

Deno.test("sweep never replaces results by fewer steps, and keeps those that the study no longer names", () =>
  withFolder(async (directory) => {
    const [long, other] = ["LwF-MC", "LwM"].map((method) =>
      measuredRun(tinyConfiguration({ method, increments: 2 }), 0.5)
    );
    const results = join(directory, "studies", "smoke", "tiny.results.json");
    const metrics = [...long.metrics, { ...long.metrics[1], accuracyOfSteps: [0.4, 0.5, 0.6] }];
    await writeRecords(results, [{ ...long, metrics }, other]);
    const before = await Deno.readTextFile(results);
    await sweepIn(directory, await writeSweep(directory, { runs: [{ method: "LwF-MC" }] }));
    assert.equal(await Deno.readTextFile(results), before);
  }));

Deno.test("sweep refuses to go on with another M_0 than that of the results, and to collect runs of two", () =>
  withDataDirectory(async (directory) => {
    const file = await writeSweep(directory, { grid: { method: ["LwF-MC", "C"] } });
    await trainHere(directory, { method: "C" });
    const elsewhere = measuredRun(tinyConfiguration({ method: "LwF-MC", increments: 1 }), 0.5);
    const results = join(directory, "studies", "smoke", "tiny.results.json");
    await writeRecords(results, [elsewhere]);
    const before = await Deno.readTextFile(results);
    for (const way of [[], ["--collect"]]) {
      await assert.rejects(sweepIn(directory, file, ...way), {
        name: "UserError",
        message: /^Expected one M_0 of seed \d+ in all runs of the study but found two/,
      });
      assert.equal(await Deno.readTextFile(results), before);
    }
  }));

Deno.test("sweep does not draw attention with models of another M_0 than that of the results", () =>
  withDataDirectory(async (directory) => {
    await trainHere(directory, { method: "LwM" });
    const figures = [{ name: "attention", kind: "attentionRetention" as const }];
    const file = await writeSweep(directory, { runs: [{ method: "LwM" }], figures });
    const results = join(directory, "studies", "smoke", "tiny.results.json");
    await writeRecords(results, [measuredRun(tinyConfiguration({ method: "LwM", increments: 1 }), 0.5)]);
    assert.match(
      (await sweepIn(directory, file)).join("\n"),
      /attention stays as it is: Expected the models of LwM, .* but found another M_0\. Train the study/,
    );
  }));

Deno.test("sweep --help has an example of a study, and all measures", () =>
  withDataDirectory(async (directory) => {
    const lines: string[] = [];
    await sweep(["--help"], (line) => void lines.push(line));
    for (const measure of Object.keys(COMPARED)) {
      assert.match(lines.join("\n"), new RegExp(`\\b${measure}\\b`));
    }
    const [example] = lines.join("\n").match(/^ {2}\{\n[^]*?\n {2}\}$/m)!;
    const file = await writeSweep(directory, JSON.parse(example));
    assert.equal((await readStudyPlan(file)).comparisons.length, 1);
  }));

Deno.test("sweep does not mix engines", () =>
  withFolder(async (directory) => {
    const file = await writeSweep(directory, { grid: { method: ["LwF-MC"], seed: [1, 2] } });
    const one = measuredRun(tinyConfiguration({ method: "LwF-MC", increments: 1 }), 0.5);
    await writeRecords(join(directory, "studies", "smoke", "tiny.results.json"), [{ ...one, engine: "cpu" }]);
    await assert.rejects(sweepIn(directory, file), {
      name: "UserError",
      message: /runs of one engine but found cpu and wasm, which round differently/,
    });
  }));

Deno.test("sweep --list prints commands that train what is missing; --collect makes the results of it", () =>
  withDataDirectory(async (directory) => {
    // γ is no option of LwF-MC, and a name with a space has to be quoted.
    const grid = { method: ["LwF-MC", "LwM"], gamma: [0.7], firstClasses: [["alarm-clock", "telephone"]] };
    const file = await writeSweep(directory, { grid });
    const lines = await sweepIn(directory, file, "--list");
    assert.equal(lines.length, 3);
    assert.deepEqual(JSON.parse((await sweepIn(directory, file, "--list", "--json"))[0]), {
      commands: lines,
    });
    assert.match(lines[0], / --increments=0 /);
    assert.match(lines[2], / --method=LwM .*--gamma=0\.7 /);
    assert.doesNotMatch(lines[1], /--gamma/);
    await trainHere(directory, { method: "LwF-MC", firstClasses: grid.firstClasses[0] });
    for (const line of [lines[0], lines[2]]) {
      const args = line.match(/'[^']*'|\S+/g)!.map((word) => word.replaceAll("'", ""));
      assert.equal(args[0], Deno.execPath());
      await train(args.slice(4), () => {});
    }
    assert.deepEqual(await sweepIn(directory, file, "--list"), []);

    const elsewhere = join(directory, "elsewhere");
    const collected = await sweepIn(elsewhere, file, "--collect", directory);
    assert.equal(collected[0], "2 of 2 runs are finished.");
    const lists = await sweepIn(directory, file);
    assert.ok(lists.includes("2 of 2 runs are finished, 0 to train."));
    const [here, there] = await Promise.all(
      [directory, elsewhere].map((place) =>
        Deno.readTextFile(join(place, "studies", "smoke", "tiny.results.json"))
      ),
    );
    assert.equal(here, there);
    // From results alone, and from a folder where nothing of the study is.
    const results = join(directory, "studies", "smoke");
    assert.equal(
      (await sweepIn(join(directory, "third"), file, "--collect", results))[0],
      "2 of 2 runs are finished.",
    );
    const other = await writeSweep(directory, { runs: [{ method: "C" }] });
    assert.equal((await sweepIn(directory, other, "--collect"))[0], "0 of 1 runs are finished.");
  }));

Deno.test("sweep --slurm submits one task a run, after the M_0", () =>
  withDataDirectory(async (directory) => {
    const file = await writeSweep(directory, { grid: { method: ["LwF-MC", "LwM"], seed: [1, 2] } });
    const run = async (path: string, ...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", join(import.meta.dirname!, "sweep.ts"), file, "--directory", directory, ...args],
        env: { PATH: path },
      }).output();
      return { code, out: new TextDecoder().decode(stdout), said: new TextDecoder().decode(stderr) };
    };
    const none = await run(directory, "--slurm");
    assert.equal(none.code, 1);
    assert.match(none.said, /Expected `sbatch` to take the job but found no such program\./);

    const sbatch = '#!/bin/sh\necho "$@" >>"$0.args"\nwc -l <"$0.args"\n';
    await Deno.writeTextFile(join(directory, "sbatch"), sbatch, { mode: 0o755 });
    const path = `${directory}:${Deno.env.get("PATH")}`;
    const { out } = await run(path, "--slurm", "--", "--partition=main", "--time=1:00");
    assert.match(
      out,
      /^Submitted job 1, then job 2\.\nOnce they are finished: deno task sweep .* --collect --directory .*\n$/,
    );
    const [bases, runs] = (await Deno.readTextFile(join(directory, "sbatch.args"))).trim().split("\n");
    assert.match(
      bases,
      /--requeue .*--job-name=tiny-M_0 --array=0-1 .* --partition=main --time=1:00 .*tiny-M_0\.sh$/,
    );
    assert.match(runs, /--job-name=tiny-runs --array=0-3 .* --dependency=afterany:1 --partition=main/);
    const script = await Deno.readTextFile(join(directory, "slurm", "tiny-runs.sh"));
    const tasks = script.match(/^\d+\) exec .+ ;;$/gm)!;
    assert.deepEqual(tasks.map((task) => task.match(/--seed=(\d)/)![1]).join(" "), "1 2 1 2");
  }));

Deno.test("sweep refuses arguments that belong to no way of running it", () =>
  withDataDirectory(async (directory) => {
    const file = await writeSweep(directory, { runs: [{ method: "C" }] });
    const refuses = (...args: string[]) =>
      assert.rejects(sweepIn(directory, file, ...args), {
        name: "UserError",
        message: /--collect at most, but/,
      });
    await refuses("other.json");
    await refuses("--list", "--collect");
    await refuses("--list", "--", "--partition=main");
    await assert.rejects(sweepIn(directory, file, "--collect", join(directory, "nowhere")), {
      message: /Expected to look for runs at ".*nowhere" but found that there is no such/,
    });
  }));
