import assert from "node:assert/strict";
import { stoppable, unlessStopped } from "./stop_signals.ts";

Deno.test("stoppable() does not begin work that was stopped before", async () => {
  let begun = false;
  const stopped = stoppable("All is kept.", () => {
    begun = true;
    return Promise.resolve();
  }, AbortSignal.abort());
  await assert.rejects(stopped, { name: "UserError", message: "Stopped. All is kept.", exitCode: 130 });
  assert.equal(begun, false);
});

Deno.test("stoppable() stops work within work, with the message of the inner one", async () => {
  const controller = new AbortController();
  const outer = stoppable(
    "Outer.",
    (signal) => stoppable("Inner.", (inner) => unlessStopped(inner, new Promise<void>(() => {})), signal),
    controller.signal,
  );
  controller.abort();
  await assert.rejects(outer, { message: "Stopped. Inner." });
});

const SCRIPT = `
import { Stopped, stoppable, stopWithNpx, unlessStopped } from "${import.meta.resolve("./stop_signals.ts")}";
await stopWithNpx();
setTimeout(() => Deno.exit(7), 20_000);
const work = () => new Promise(() => console.log("working"));
await stoppable("All is kept.", (signal) => unlessStopped(signal, work())).catch((error) => {
  console.log(error.message);
  Deno.exit(error.exitCode);
});`;

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test({
    name: `stoppable() makes ${signal} stop the work with the exit code that shells expect`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withScript(async (path) => {
        const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", path], stdout: "piped" })
          .spawn();
        const said = await textUntil(child.stdout, "working", () => child.kill(signal));
        assert.match(said, /Stopped\. All is kept\./);
        assert.equal((await child.status).code, code);
      }),
  });
}

Deno.test({
  name: "stopWithNpx() stops the work when npx was killed, which passes on no signal",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withScript(async (path) => {
      // As npx is seen in the list of processes, with a shell between it and the work.
      const work = `'${Deno.execPath()}' run -A '${path}' & wait`;
      const npx = new Deno.Command("bash", {
        args: ["-c", `exec -a 'npm exec deno' bash -c "sh -c \\"${work}\\" & wait"`],
        env: { npm_command: "exec" },
        stdout: "piped",
      }).spawn();
      const said = await textUntil(npx.stdout, "working", () => npx.kill("SIGTERM"));
      assert.match(said, /Stopped\. All is kept\./);
      await npx.status;
    }),
});

async function withScript(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, SCRIPT);
    await work(path);
  } finally {
    await Deno.remove(path);
  }
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
