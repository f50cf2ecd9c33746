import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../lib/testdata/folder.ts";
import type { ProgressDisplay } from "../../lib/progress.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  type CodeCell,
  codeCells,
  type Notebook,
  type Output,
  readNotebook,
  writeNotebook,
} from "./notebook.ts";
import { notebookOf } from "./testdata/notebook.ts";
import { copiesOf, main, runNotebooks, type RunOptions } from "./run_notebooks.ts";

/** Remembers what is shown of the notebook that runs. */
function remember() {
  const shown: string[] = [];
  const show: ProgressDisplay["show"] = ([{ note = "" }]) => {
    if (note.startsWith("code cell")) shown.push(note);
  };
  return { shown, show, finish: () => Promise.resolve() };
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
    await runNotebooks([path], { display: remember(), ...options });
  } catch (thrown) {
    error = thrown as Error;
  }
  return { cells: codeCells(await readNotebook(path)), error, path };
}

function textOf(outputs: Output[]): string {
  return outputs.map((output) => output.output_type === "stream" ? output.text.join("") : "").join("");
}

Deno.test("runNotebooks() loses no output of 40 cells that print up to their end", () =>
  withFolder(async (folder) => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i}\n`).join("");
    const code = "for (let i = 0; i < 30; i++) console.log(i);\nawait 0;\nconsole.error('last words');";
    const { cells, error } = await runIn(folder, notebookOf(...new Array(40).fill(code)));
    assert.equal(error, undefined);
    assert.deepEqual(cells.map((cell) => cell.execution_count), cells.map((_, index) => index + 1));
    for (const cell of cells) assert.equal(textOf(cell.outputs), `${lines}last words\n`);
  }));

Deno.test("runNotebooks() keeps results and displays, and shows progress without keeping it", () =>
  withFolder(async (folder) => {
    const display = remember();
    const { cells, error, path } = await runIn(
      folder,
      notebookOf(
        "const show = (text: string, options = {}) =>\n" +
          '  Deno.jupyter.display({ "text/plain": text }, { raw: true, ...options });\n' +
          'await show("0 %", { display_id: "bar" }); await show("50  %", { display_id: "bar", update: true });',
        `show("a figure"); Deno.cwd().endsWith("${folder}")`,
      ),
      { display },
    );
    assert.equal(error, undefined);
    assert.deepEqual(cells[0].outputs, []);
    assert.deepEqual(cells[1].outputs, [
      { output_type: "display_data", data: { "text/plain": ["a figure"] }, metadata: {} },
      { output_type: "execute_result", data: { "text/plain": ["true"] }, metadata: {}, execution_count: 2 },
    ]);
    assert.deepEqual(display.shown, [
      ...["code cell 1 of 2", "code cell 1 of 2  0 %", "code cell 1 of 2  50 %", "code cell 2 of 2"],
    ]);
    const { metadata } = await readNotebook(path);
    assert.deepEqual(Object.keys(metadata.language_info as object).sort(), [
      ...["codemirror_mode", "file_extension", "mimetype", "name", "nbconvert_exporter", "pygments_lexer"],
      "version",
    ]);
  }));

Deno.test("runNotebooks() writes the same file when it runs again, or a copy into another folder", () =>
  withFolder(async (folder) => {
    const { path } = await runIn(folder, notebookOf("console.log({ a: 1 }); [1, 2]"));
    const first = await Deno.readTextFile(path);
    const outputFolder = join(folder, "copies");
    const options = { display: remember() };
    await runNotebooks([path], { ...options, outputFolder });
    assert.equal(await Deno.readTextFile(join(outputFolder, "01-test.ipynb")), first);
    await runNotebooks([path], options);
    assert.equal(await Deno.readTextFile(path), first);
  }));

Deno.test("runNotebooks() names notebook and cell of an error, and keeps the outputs so far", () =>
  withFolder(async (folder) => {
    const failing = "console.log('before');\nnull!.foo;\nconsole.log('after');";
    const { cells, error, path } = await runIn(
      folder,
      notebookOf("console.log('fine')", failing, "'never run'"),
    );
    assert.ok(error instanceof UserError);
    assert.ok(error.message.startsWith(`${path}, code cell 2 (id cell-2):\nTypeError`), error.message);
    assert.equal(textOf(cells[0].outputs), "fine\n");
    assert.equal(textOf(cells[1].outputs), "before\n");
    assert.equal(cells[1].outputs.at(-1)?.output_type, "error");
    assert.equal(cells[2].execution_count, null);
  }));

Deno.test("runNotebooks() says what the kernel does not: why a cell cannot be compiled", () =>
  withFolder(async (folder) => {
    const { cells, error } = await runIn(folder, notebookOf("let x = 1;\nlet y = = 2;"));
    assert.match(
      error!.message,
      /code cell 1 \(id cell-1\):\nSyntaxError: the kernel cannot compile this cell; `deno task check:notebooks`/,
    );
    assert.equal(cells[0].outputs[0].output_type, "error");
  }));

Deno.test("runNotebooks() reports the death of a kernel, and keeps what its cell has shown", () =>
  withFolder(async (folder) => {
    const exited = await runIn(folder, notebookOf("1", "Deno.exit(3);"));
    assert.match(exited.error!.message, /code cell 2 .*\nKernelError: the kernel died \(exit code 3\)/);
    const code =
      `const show = (text, more) => Deno.jupyter.display({ "text/plain": text }, { raw: true, ...more });
await show("on"); await show("pid " + Deno.pid, { display_id: "1" }); await new Promise(() => {});`;
    const show: ProgressDisplay["show"] = ([{ note = "" }]) => {
      for (const [, pid] of note.matchAll(/pid (\d+)/g)) Deno.kill(Number(pid), "SIGKILL");
    };
    const { cells, error } = await runIn(folder, notebookOf(code), { display: { ...remember(), show } });
    assert.match(error!.message, /the kernel died \(signal SIGKILL\)/);
    assert.deepEqual(cells[0].outputs.map((output) => output.output_type), ["display_data", "error"]);
  }));

/** A notebook that was run before, in which each cell has printed `earlier`. */
function notebookThatRan(...sources: string[]): Notebook {
  const notebook = notebookOf(...sources);
  for (const cell of codeCells(notebook)) {
    cell.execution_count = 1;
    cell.outputs = [{ output_type: "stream", name: "stdout", text: ["earlier\n"] }];
  }
  return notebook;
}

Deno.test("runNotebooks() leaves a notebook as it is when it is stopped before its kernel runs", () =>
  withFolder(async (folder) => {
    const notebook = notebookThatRan("1", "2");
    const outputsOf = (cells: CodeCell[]) =>
      cells.map(({ outputs, execution_count }) => [outputs, execution_count]);
    const controller = new AbortController();
    const { signal } = controller;
    // The first that is shown is that the notebook is starting.
    const display = { show: () => controller.abort(), finish: () => Promise.resolve() };
    const stopped = await runIn(folder, notebook, { signal, display });
    assert.equal(stopped.error, signal.reason);
    assert.deepEqual(outputsOf(stopped.cells), outputsOf(codeCells(notebook)));
  }));

/** Two processes that would live on: the kernel, and a child of it. */
const LASTING = 'const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();\n' +
  'await Deno.writeTextFile("pids", `${Deno.pid} ${child.pid} `);\n' +
  "await new Promise(() => {});";

/** Starts the runner as a process of its own, waits until its notebook runs, and sends it a signal. */
async function signalRunner(path: string, signal: Deno.Signal) {
  const runner = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(import.meta.dirname!, "run_notebooks.ts"), path],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const written = async () => (await Deno.readTextFile(join(path, "../pids")).catch(() => "")).split(" ");
  const said = new Response(runner.stderr).text();
  let pids: string[] = [];
  let hasEnded = false;
  const ended = runner.status.finally(() => hasEnded = true);
  while (pids.length < 3) {
    if (hasEnded) assert.fail(`The runner ended before its notebook ran: ${await said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    pids = await written();
  }
  runner.kill(signal);
  return { status: await ended, pids: pids.slice(0, 2).map(Number), said: await said };
}

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 3000; attempt++) {
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
    withFolder(async (folder) => {
      const path = join(folder, "01-test.ipynb");
      await writeNotebook(path, notebookOf("console.log('kept')", LASTING));
      const { status, pids, said } = await signalRunner(path, signal);
      assert.equal(status.code, code, said);
      assert.match(said, /^Stopped\. Outputs so far are kept/m);
      assert.deepEqual(await Promise.all(pids.map(isGone)), [true, true]);
      const cells = codeCells(await readNotebook(path));
      assert.equal(textOf(cells[0].outputs), "kept\n");
      assert.equal(cells[1].outputs.at(-1)?.output_type, "error");
    }));
}

Deno.test("the kernel and its children end when the notebook runner is killed without warning", () =>
  withFolder(async (folder) => {
    const path = join(folder, "01-test.ipynb");
    await writeNotebook(path, notebookOf(LASTING));
    const { status, pids } = await signalRunner(path, "SIGKILL");
    assert.equal(status.signal, "SIGKILL");
    assert.deepEqual(await Promise.all(pids.map(isGone)), [true, true]);
  }));

Deno.test("the notebook runner writes into the notebooks with the default preset only", () => {
  assert.equal(copiesOf("default"), undefined);
  assert.match(copiesOf("smoke")!, /data.notebooks.smoke$/);
});

Deno.test("the notebook runner refuses options that it does not know", async () => {
  const cases = [
    ["--preset=big", /preset to be/],
    ["--engine=cuda", /engine to be/],
    ["--color", /--color/],
  ] as const;
  for (const [option, message] of cases) {
    await assert.rejects(main([option]), { name: "UserError", message });
  }
});
