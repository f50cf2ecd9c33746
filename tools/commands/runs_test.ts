import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { FileLock, writeSealedJson } from "../../lib/files.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { Run } from "../../lib/run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../../lib/run/testdata/tiny_run.ts";
import { runs } from "./runs.ts";

Deno.test("runs lists what is kept, and removes what a filter chooses", () =>
  withDataDirectory(async (directory) => {
    const call = async (...args: string[]) => {
      const lines: string[] = [];
      await runs([...args, "--directory", directory], (line) => lines.push(line));
      return lines;
    };
    const listed = async (...args: string[]) =>
      JSON.parse((await call(...args, "--json")).join("\n")).runs as Record<string, unknown>[];
    const foldersOf = async (...args: string[]) =>
      (await listed(...args)).map(({ folder }) => basename(String(folder)));
    assert.deepEqual(await call(), ["0 runs, 0.0 MB"]);

    const run = await Run.open(tinyConfiguration({ increments: 1 }), { directory });
    await run.train();
    const { base, method } = run.folders;
    const [baseName, name] = [basename(base), basename(method)];
    // As a file that has been renamed since its folder was listed.
    const partial = join(method, "step-1", "metrics.json.partial");
    await Deno.symlink(join(directory, "nowhere"), partial);
    const [{ bytes, written, accuracy, configuration, ...rest }] = await listed("--method", "lwm");
    await Deno.remove(partial);
    assert.deepEqual(rest, { folder: method, trained: 2, state: "ready" });
    assert.equal((configuration as Configuration).method, "LwM");
    assert.equal(accuracy, (await run.metrics(1)).accuracy);
    assert.ok(Number(bytes) > (await Deno.stat(join(method, "step-1", "model.safetensors"))).size);
    const { mtime } = await Deno.stat(join(method, "step-1", "metrics.json"));
    assert.equal(written, mtime!.toISOString());
    const [heading, ofMethod, itsFolder, ofBase, , sum] = await call();
    assert.match(heading, /^method +seed +images +steps +accuracy +size +age +state$/);
    assert.match(ofBase, /^M_0 +1 +iemoji-100 +1 of 1 +\d+\.\d % +0\.\d MB +0 h +ready$/);
    assert.match(ofMethod, /^LwM +1 +iemoji-100 +2 of 2 /);
    assert.equal(itsFolder, `  ${method}`);
    assert.match(sum, /^2 runs, 0\.\d MB$/);

    // A byte of a model that train would refuse.
    const model = join(method, "step-1", "model.safetensors");
    const bytesOfModel = await Deno.readFile(model);
    await Deno.writeFile(model, bytesOfModel.with(500, bytesOfModel[500] ^ 1));
    const [{ problem, accuracy: known }] = await listed("--state", "damaged", "--method", "LwM");
    assert.equal(known, accuracy);
    assert.match(String(problem), /model\.safetensors to be a checkpoint that matches its digest/);
    assert.deepEqual((await listed("--method", "LwM")).map(({ state }) => state), ["damaged"]);
    // As if a disk had lost it: the file was not written since it was measured, and is read only if asked.
    await Deno.utime(model, 0, 0);
    assert.deepEqual((await listed("--method", "LwM")).map(({ state }) => state), ["ready"]);
    assert.deepEqual(await foldersOf("--state", "damaged", "--method", "LwM"), [name]);
    await Deno.writeFile(model, bytesOfModel);
    // Damaged metrics: it is chosen by its fields, and its M_0 stays.
    const metrics = join(method, "step-1", "metrics.json");
    await Deno.rename(metrics, `${metrics}.kept`);
    await Deno.writeTextFile(metrics, "{");
    assert.deepEqual(await foldersOf("--state", "damaged", "--method", "LwM"), [name]);
    assert.deepEqual(await foldersOf("--remove", "--state", "ready"), []);
    await Deno.rename(`${metrics}.kept`, metrics);

    // The same of other code, without M_1; and a folder that is damaged.
    const renamed = (folder: string) => `${folder.slice(0, -6)}000000`;
    cpSync(base, renamed(base), { recursive: true });
    cpSync(method, renamed(method), { recursive: true });
    const damaged = join(method, "..", "seed9-C-0123456789-wasm-000000");
    await Deno.mkdir(damaged);
    await Deno.writeTextFile(join(damaged, "configuration.json"), "{");
    assert.deepEqual(await foldersOf("--state", "outdated"), [renamed(name), renamed(baseName)]);
    assert.match(String((await listed("--state", "damaged"))[0].problem), /not JSON/);
    await Deno.remove(join(method, "step-1", "metrics.json"));
    assert.deepEqual(await foldersOf("--state", "unfinished"), [name]);
    assert.deepEqual(await foldersOf("--code", "current"), [name, baseName]);
    assert.deepEqual(await foldersOf("--code", "000000"), [renamed(name), renamed(baseName)]);
    // Fields that M_0 does not depend on choose none of its folders.
    assert.deepEqual(await foldersOf("--gamma", "0.3"), [renamed(name), name].sort());
    assert.deepEqual(await foldersOf("--gamma", "0.4"), []);
    assert.deepEqual(await foldersOf(method, damaged), [name, basename(damaged)]);

    // A method of the user's own, which the command does not know.
    const own = join(method, "..", `seed1-Own-0123456789${base.slice(-12)}`);
    cpSync(method, own, { recursive: true });
    await writeSealedJson(join(own, "configuration.json"), { ...run.configuration, method: "Own" });
    assert.deepEqual(await foldersOf("--method", "Own"), [basename(own)]);
    const [ofOwn] = await listed("--state", "unfinished", own);
    assert.equal(ofOwn.problem, undefined);
    assert.deepEqual(await foldersOf("--remove", "--dry-run", base, method), [name]);
    await Deno.remove(own, { recursive: true });

    // An M_0 stays while a run needs it, and a run while it is trained.
    const left = () => Array.from(Deno.readDirSync(join(method, "..")), ({ name }) => name).sort();
    const before = left();
    assert.match((await call("--remove", "--dry-run", damaged)).at(-1)!, /^1 run, .* would be removed$/);
    assert.deepEqual(await foldersOf("--remove", base), []);
    assert.match((await call("--remove", base)).at(-1)!, /^1 stays: needed/);
    {
      using lock = await FileLock.take(join(method, "M_1.lock"));
      lock!.note("process 7 on here");
      assert.deepEqual(await foldersOf("--remove", "--dry-run", base, method), []);
      assert.match(
        (await call("--state", "training")).join("\n"),
        /training\n.*\n {2}trained by process 7 on here\n/,
      );
    }
    {
      // It may wait for the process that trains its M_0.
      using _lock = await FileLock.take(join(base, "M_0.lock"));
      assert.deepEqual(await foldersOf("--remove", "--dry-run", method), []);
    }
    assert.deepEqual(await foldersOf("--remove", "--dry-run", method), [name]);
    assert.deepEqual(left(), before);
    assert.deepEqual(await foldersOf("--remove", "--state", "outdated"), [renamed(name), renamed(baseName)]);
    assert.deepEqual(left(), [baseName, name, basename(damaged)].sort());
    assert.match((await call("--remove", "--state", "damaged")).at(-1)!, /, removed$/);
    assert.deepEqual(await foldersOf("--remove", "--seed", "1"), [name, baseName]);
    assert.deepEqual(left(), []);
  }));

Deno.test("runs refuses what it does not know, and to remove without a filter", () =>
  withDataDirectory(async (directory) => {
    const refuses = (args: string[], message: RegExp) =>
      assert.rejects(runs([...args, "--directory", directory], () => {}), { name: "UserError", message });
    const nowhere = join(directory, "nowhere");
    await refuses(["--state", "old"], /--state to be ready, training, .*, damaged but found old/);
    await refuses(["--seed", "1.5"], /Expected seed to be a whole number but found 1\.5/);
    const message = /Expected --directory to be a folder but found none at .*nowhere/;
    await assert.rejects(runs(["--directory", nowhere], () => {}), { name: "UserError", message });
    await refuses(["--method", "foo"], /Expected method to be "C" or .* but found "foo"/);
    await refuses(["--remove", "--compare", "--seed", "1"], /--compare or --remove but found both/);
    await refuses(["--remove"], /--remove with a filter but found none/);
    // What nearly every run has is no filter either.
    await refuses(["--remove", "--classes", ""], /--remove with a filter but found none/);
    await refuses([nowhere], /Expected the folder of a run but found none at .*nowhere/);
  }));
