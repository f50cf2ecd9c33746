import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../lib/user_error.ts";
import {
  type CodeCell,
  codeCells,
  type Notebook,
  type Output,
  readNotebook,
  writeNotebook,
} from "./notebook.ts";
import { CellError, runNotebooks, type RunOptions } from "./run_notebooks.ts";
import type { RunReport } from "../commands/run_report.ts";
import { notebookOf } from "./testdata/notebook_of.ts";

/** Remembers what it was told. */
class Remember implements RunReport {
  events: string[] = [];
  begin = () => this.events.push("begin");
  startNotebook = () => this.events.push("notebook");
  startCell = (cell: number) => this.events.push(`cell ${cell}`);
  text = (text: string) => this.events.push(`text ${text}`);
  progress = (state: string) => this.events.push(`progress ${state}`);
  endNotebook = (ok: boolean) => this.events.push(`end ${ok}`);
  end = () => this.events.push("end");
}

async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lwm notebooks " }); // With a blank, as users have them.
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes a notebook, runs it, and reads it again; an error is returned, not thrown. */
async function runIn(
  folder: string,
  notebook: Notebook,
  options: Partial<RunOptions> = {},
): Promise<{ cells: CodeCell[]; error?: Error; path: string }> {
  const path = join(folder, "01-test.ipynb");
  await writeNotebook(path, notebook);
  let error: Error | undefined;
  try {
    await runNotebooks([path], { report: new Remember(), timeoutSeconds: 30, env: {}, ...options });
  } catch (thrown) {
    error = thrown as Error;
  }
  return { cells: codeCells(await readNotebook(path)), error, path };
}

function textOf(outputs: Output[]): string {
  return outputs.map((output) => output.output_type === "stream" ? output.text.join("") : "").join("");
}

Deno.test("runNotebooks() loses no output of 100 cells that print up to their end", () =>
  inFolder(async (folder) => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i}\n`).join("");
    const code = "for (let i = 0; i < 30; i++) console.log(i);\nawait 0;\nconsole.error('last words');";
    const { cells, error } = await runIn(folder, notebookOf(...new Array(100).fill(code)));
    assert.equal(error, undefined);
    assert.deepEqual(cells.map((cell) => cell.execution_count), cells.map((_, index) => index + 1));
    for (const cell of cells) assert.equal(textOf(cell.outputs), `${lines}last words\n`);
  }));

Deno.test("runNotebooks() keeps results, displays and the last state of a progress display", () =>
  inFolder(async (folder) => {
    const report = new Remember();
    const { cells, error } = await runIn(
      folder,
      notebookOf(
        "const show = (text: string, update: boolean) =>\n" +
          '  Deno.jupyter.display({ "text/plain": text }, { raw: true, display_id: "bar", update });\n' +
          'await show("0 %", false); await show("50 %", true);',
        'show("100 %", true); Deno.cwd().endsWith(Deno.env.get("LWM_TEST")!)',
      ),
      { report, env: { LWM_TEST: folder } },
    );
    assert.equal(error, undefined);
    assert.deepEqual(cells[0].outputs, [
      { output_type: "display_data", data: { "text/plain": ["100 %"] }, metadata: {} },
    ]);
    assert.deepEqual(cells[1].outputs, [
      { output_type: "execute_result", data: { "text/plain": ["true"] }, metadata: {}, execution_count: 2 },
    ]);
    assert.deepEqual(report.events, [
      ...["begin", "notebook", "cell 1", "progress 0 %", "progress 50 %", "cell 2", "progress 100 %"],
      ...["end true", "end"],
    ]);
  }));

Deno.test("runNotebooks() writes the same file when it runs again, or a copy into another folder", () =>
  inFolder(async (folder) => {
    const { path } = await runIn(folder, notebookOf("console.log({ a: 1 }); [1, 2]"));
    const first = await Deno.readTextFile(path);
    const outputFolder = join(folder, "copies");
    const options = { report: new Remember(), timeoutSeconds: 30, env: {} };
    await runNotebooks([path], { ...options, outputFolder });
    assert.equal(await Deno.readTextFile(join(outputFolder, "01-test.ipynb")), first);
    await runNotebooks([path], options);
    assert.equal(await Deno.readTextFile(path), first);
  }));

Deno.test("runNotebooks() names notebook, cell and line of an error, and keeps the outputs so far", () =>
  inFolder(async (folder) => {
    const failing =
      "interface Unused { x: number }\n\nconsole.log('before');\nnull!.foo;\nconsole.log('after');";
    const { cells, error, path } = await runIn(
      folder,
      notebookOf("console.log('fine')", failing, "'never run'"),
    );
    assert.ok(error instanceof CellError);
    assert.ok(
      error.message.startsWith(`${path}, code cell 2 (id cell-2), line 4:\n  > null!.foo;\nTypeError`),
    );
    assert.equal(textOf(cells[0].outputs), "fine\n");
    assert.equal(textOf(cells[1].outputs), "before\n");
    assert.equal(cells[1].outputs.at(-1)?.output_type, "error");
    assert.equal(cells[2].execution_count, null);
  }));

Deno.test("runNotebooks() names the line of code that cannot be compiled, of which the kernel says nothing", () =>
  inFolder(async (folder) => {
    const { cells, error } = await runIn(folder, notebookOf("let x = 1;\nlet y = = 2;"));
    assert.match(
      error!.message,
      /code cell 1 \(id cell-1\), line 2:\n {2}> let y = = 2;\nSyntaxError: Expression/,
    );
    assert.equal(cells[0].outputs[0].output_type, "error");
  }));

Deno.test("runNotebooks() shows a UserError as its sentence", () =>
  inFolder(async (folder) => {
    const { error } = await runIn(
      folder,
      notebookOf('class UserError extends Error { name = "UserError" }\nthrow new UserError("Do this.");'),
    );
    assert.match(error!.message, /line 2:\n {2}> throw new UserError\("Do this\."\);\nDo this\.$/);
  }));

Deno.test("runNotebooks() stops a cell that takes longer than the timeout, also one that never yields", () =>
  inFolder(async (folder) => {
    for (
      const code of ["console.log('on'); await new Promise(() => {});", "console.log('on'); while (true);"]
    ) {
      const { cells, error } = await runIn(folder, notebookOf(code), { timeoutSeconds: 0.7 });
      assert.match(error!.message, /01-test\.ipynb, code cell 1 .*\n.*\nKernelError: timed out after 0\.7 s/);
      assert.equal(textOf(cells[0].outputs), "on\n");
    }
  }));

Deno.test("runNotebooks() reports the death of a kernel", () =>
  inFolder(async (folder) => {
    const code = "console.log('on'); await new Promise((go) => setTimeout(go, 100)); Deno.exit(3);";
    const { cells, error } = await runIn(folder, notebookOf("1", code));
    assert.match(
      error!.message,
      /01-test\.ipynb, code cell 2 .*\n.*\nKernelError: the kernel died \(exit code 3\)/,
    );
    assert.equal(textOf(cells[1].outputs), "on\n");
    const killed = await runIn(folder, notebookOf("Deno.kill(Deno.pid, 'SIGKILL')"));
    assert.match(killed.error!.message, /the kernel died \(signal SIGKILL\)/);
  }));

Deno.test("runNotebooks() refuses a file that is no notebook before it runs any", () =>
  inFolder(async (folder) => {
    const good = join(folder, "01-good.ipynb");
    await writeNotebook(good, notebookOf("1"));
    const bad = join(folder, "02-bad.ipynb");
    await Deno.writeTextFile(bad, "{");
    const report = new Remember();
    await assert.rejects(runNotebooks([good, bad], { report, timeoutSeconds: 30, env: {} }), UserError);
    assert.deepEqual(report.events, []);
  }));

/** Two processes that would live on: the kernel, and a child of it. */
const LASTING = 'const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();\n' +
  "console.log(`pids ${Deno.pid} ${child.pid} .`); await new Promise(() => {});";

/** Starts the runner as a process of its own, waits until its notebook runs, and sends it a signal. */
async function signalRunner(path: string, signal: Deno.Signal) {
  const runner = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(import.meta.dirname!, "run_notebooks.ts"), path],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  let pids: number[] = [];
  for await (const text of runner.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    const found = said.match(/pids (\d+) (\d+) \./);
    if (!found || pids.length > 0) continue;
    pids = [Number(found[1]), Number(found[2])];
    runner.kill(signal);
  }
  return { status: await runner.status, pids, said };
}

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { stdout } = await new Deno.Command("sh", {
      // A zombie runs no more; it only waits until its parent has asked how it ended.
      args: [
        "-c",
        `kill -0 ${pid} 2>&1 || exit; (cat /proc/${pid}/stat 2>/dev/null || ps -o stat= -p ${pid}) | grep Z`,
      ],
      stderr: "null",
    }).output();
    if (stdout.length > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`the notebook runner leaves no process behind at ${signal}, and keeps the outputs so far`, () =>
    inFolder(async (folder) => {
      const path = join(folder, "01-test.ipynb");
      await writeNotebook(path, notebookOf("console.log('kept')", LASTING));
      const { status, pids, said } = await signalRunner(path, signal);
      assert.equal(status.code, code, said);
      assert.match(said, new RegExp(`error: Stopped by ${signal}`));
      assert.deepEqual(await Promise.all(pids.map(isGone)), [true, true]);
      const cells = codeCells(await readNotebook(path));
      assert.equal(textOf(cells[0].outputs), "kept\n");
      assert.match(textOf(cells[1].outputs), /^pids/);
      assert.equal(cells[1].outputs.at(-1)?.output_type, "error");
    }));
}

Deno.test("the kernel and its children end when the notebook runner is killed without warning", () =>
  inFolder(async (folder) => {
    const path = join(folder, "01-test.ipynb");
    await writeNotebook(path, notebookOf(LASTING));
    const { status, pids } = await signalRunner(path, "SIGKILL");
    assert.equal(status.signal, "SIGKILL");
    assert.deepEqual(await Promise.all(pids.map(isGone)), [true, true]);
  }));

Deno.test("the notebook runner refuses options that it does not know", async () => {
  for (const args of [["--preset=big"], ["--engine=cuda"], ["--timeout=soon"], ["--color"]]) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(import.meta.dirname!, "run_notebooks.ts"), ...args],
    }).output();
    assert.equal(code, 1);
    assert.match(
      new TextDecoder().decode(stderr),
      /^error: .*(smoke, default, paper|auto, wasm|seconds|--color)/m,
    );
  }
});
