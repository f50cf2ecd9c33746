import assert from "node:assert/strict";
import { join } from "node:path";
import { FileLock } from "./files.ts";
import { withFolder } from "./testdata/folder.ts";
import { Kernel } from "../tools/notebooks/jupyter_kernel.ts";
import { tinyConfiguration, withDataDirectory } from "./run/testdata/tiny_run.ts";
import { stoppable } from "./stop_signals.ts";

Deno.test("stoppable() does not begin work that was stopped before", async () => {
  let begun = false;
  const stopped = stoppable("All is kept.", () => {
    begun = true;
    return Promise.resolve();
  }, AbortSignal.abort());
  await assert.rejects(stopped, { name: "UserError", message: "Stopped. All is kept.", exitCode: 130 });
  assert.equal(begun, false);
});

const SCRIPT = `
import { Stopped, stoppable, unlessStopped } from "${import.meta.resolve("./stop_signals.ts")}";
setTimeout(() => Deno.exit(7), 600_000);
const work = () => new Promise(() => console.log("working"));
// Work within work, as \`reproduce\` has it.
await stoppable("Outer.", (outer) => stoppable("All is kept.", (signal) => unlessStopped(signal, work()), outer)).catch((error) => {
  console.log(error.message);
  Deno.exit(error.exitCode);
});`;

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test({
    name: `stoppable() makes ${signal} stop the work with the exit code that shells expect`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withScript(async (path) => {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--config", join(import.meta.dirname!, "../deno.json"), path],
          stdout: "piped",
        })
          .spawn();
        const said = await textUntil(child.stdout, "working", () => child.kill(signal));
        assert.match(said, /Stopped\. All is kept\./);
        assert.equal((await child.status).code, code);
      }),
  });
}

Deno.test({
  name: "the stop button of a notebook never kills the kernel that has imported the library",
  ignore: Deno.build.os === "windows",
  async fn() {
    const kernel = await Kernel.start(new URL("../notebooks", import.meta.url).pathname);
    try {
      const run = async (code: string) => {
        let said = "";
        await kernel.execute(code, {
          onMessage: ({ content }) => said += content.text ?? content.evalue ?? "",
        });
        return said;
      };
      // What the stop button does.
      const stop = 'Deno.kill(Deno.pid, "SIGINT")';
      await run(`import "lwm"; import { stopPoint } from "${import.meta.resolve("./stop_signals.ts")}";`);
      const told = "await new Promise((resolve) => console.error = resolve)";
      assert.match(await run(`${stop}; console.log(${told});`), /cannot be stopped/);
      assert.equal(await run(`${stop}; for (;;) await stopPoint();`), "Stopped.");
      await withDataDirectory(async (directory) => {
        const [configuration, place] = [tinyConfiguration({ baseEpochs: 50_000 }), { directory }]
          .map((value) => JSON.stringify(value));
        const base = await run(
          `const run = await (await import("lwm")).Run.open(${configuration}, ${place}); console.log(run.folders.base);`,
        );
        const onProgress = `({ done }) => done === 1 && ${stop}`;
        assert.equal(await run(`await run.train(0, { onProgress: ${onProgress} });`), "Stopped.");
        using lock = await FileLock.take(join(base.trim(), "M_0.lock"));
        lock!.note("here");
        const waiting = await run(`await run.train(0, { onWait: () => ${stop} });`);
        assert.equal(waiting, "Stopped.", "while another process trains");
      });
      // What does not await is told when it has ended.
      await run(`${stop};`);
      assert.match(await run("console.log('alive')"), /alive/);
    } finally {
      await kernel.stop();
    }
  },
});

function withScript(work: (path: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const path = join(folder, "script.ts");
    await Deno.writeTextFile(path, SCRIPT);
    await work(path);
  });
}

/** All that is written; calls back once when it contains a word. */
async function textUntil(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  word: string,
  then: () => void,
): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const heard = text.includes(word);
    text += part;
    if (!heard && text.includes(word)) then();
  }
  return text;
}
