import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { withFolder } from "../data/photos/testdata/photo_fixtures.ts";
import { codeDigest, codeTokens } from "./code_digest.ts";
import { tinyConfiguration, withDataDirectory } from "./testdata/tiny_run.ts";

const project = resolve(import.meta.dirname!, "../..");

/** A copy of the project's lib/ that may be edited. */
function withCopy(work: (root: string) => Promise<void>): Promise<void> {
  return withFolder(async (root) => {
    for (const file of ["deno.json", "deno.lock"]) await Deno.copyFile(join(project, file), join(root, file));
    const { success } = await new Deno.Command("cp", { args: ["-R", join(project, "lib"), root] }).output();
    assert.ok(success);
    await work(root);
  });
}

async function edit(path: string, from: string | RegExp, to: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const edited = text.replace(from, to);
  assert.notEqual(edited, text, `nothing to edit in ${path}`);
  await Deno.writeTextFile(path, edited);
}

Deno.test("codeTokens() sees through comments, white space and commas, and into nothing else", () => {
  const same = (a: string, b: string) => assert.deepEqual(codeTokens(a), codeTokens(b));
  same("a = f(x, y); // sum", "a = f(\n  x,\n  y, /* the last */\n);");
  same('type A = "x" | "y";', 'type A =\n  | "x"\n  | "y";');
  const different = (a: string, b: string) => assert.notDeepEqual(codeTokens(a), codeTokens(b));
  different("a + b", "a - b");
  different("a - -b", "a --b");
  different('"a b"', '"a  b"');
  different("`// ${x} b`", "`// ${x} c`");
  different("`${ {a: `}`} } // b`", "`${ {a: `}`} } // c`");
  different('/[/"]/; a', '/[/"]/; b');
  different("a / b; // c\nd", "a / b; // c\ne");
});

Deno.test("codeDigest() changes with the code of the engine in use, and not with that of another or a format", () =>
  withCopy(async (root) => {
    const digest = codeDigest("wasm");
    assert.equal(codeDigest("wasm", root), digest);
    assert.match(digest, /^[0-9a-f]{6}$/);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "fmt",
        "--quiet",
        "--use-tabs",
        "--indent-width=1",
        join(root, "lib/losses"),
        join(root, "lib/training"),
      ],
    }).output();
    assert.ok(success);
    assert.equal(codeDigest("wasm", root), digest, "formatting counts");
    await edit(
      join(root, "lib/training/train_step.ts"),
      /throw new UserError\(/,
      'throw new UserError("Other words. " + ',
    );
    assert.equal(codeDigest("wasm", root), digest, "messages count");
    await edit(join(root, "lib/training/method.ts"), /color: "#\w+"/, 'color: "#123456"');
    assert.equal(codeDigest("wasm", root), digest, "colors count");
    await edit(join(root, "lib/engine/onednn.ts"), /$/, "export const another = 1;\n");
    assert.equal(codeDigest("wasm", root), digest);
    const onednn = codeDigest("onednn", root);
    assert.notEqual(onednn, codeDigest("onednn"));
    await edit(join(root, "lib/engine/wasm/kernels.ts"), /$/, "export const another = 1;\n");
    assert.notEqual(codeDigest("onednn", root), onednn, "the kernels of wasm do not count for oneDNN");
    assert.notEqual(codeDigest("wasm", root), digest);
    const before = codeDigest("wasm", root);
    await edit(join(root, "deno.json"), "tensorflow/tfjs@4.22.0", "tensorflow/tfjs@4.22.1");
    assert.notEqual(codeDigest("wasm", root), before);
  }));

Deno.test("a run is trained anew where the sign of L_D has changed", () =>
  withCopy(async (root) => {
    const configuration = tinyConfiguration({ increments: 0, baseEpochs: 1 });
    /** Trains in a process of its own, and counts the iterations. */
    const iterations = async (directory: string) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-all", "--no-check", join(root, "lib/run/worker.ts")],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const input = child.stdin.getWriter();
      const task = { configuration, through: 0, directory, patience: 0 };
      await input.write(new TextEncoder().encode(JSON.stringify(task) + "\n"));
      const said = await new Response(child.stdout).text();
      await input.close().catch(() => {});
      assert.ok(said.includes('"finished"'), said);
      return said.split('"progress"').length - 1;
    };
    await withDataDirectory(async (directory) => {
      const first = await iterations(directory);
      assert.ok(first > 0);
      assert.equal(await iterations(directory), 0);
      await edit(
        join(root, "lib/training/method.ts"),
        /distillationLoss\(teacher/,
        "tf.neg(distillationLoss)(teacher",
      );
      assert.equal(await iterations(directory), first);
    });
  }));
