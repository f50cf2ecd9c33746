/**
 * Runs the notebooks in the real JupyterLab, in a headless Chromium, with the project's kernel: every output under its own
 * cell, no error, equations and figures rendered, the stop and restart buttons pressed, no process left behind.
 *
 *     deno task jupyterlab [--expected DIRECTORY] [NOTEBOOK …]
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Command, fromHere, parseCommandLine, runCommand } from "../commands/command_line.ts";
import { findJupyterLab, JupyterLab, type ShownCell, until } from "../notebooks/jupyterlab.ts";
import {
  codeCells,
  notebookOf,
  numberedNotebooks,
  type Output,
  readNotebook,
  serializeNotebook,
  sourceOf,
  writeNotebook,
} from "../notebooks/notebook.ts";
import { runNotebooks } from "../notebooks/run_notebooks.ts";
import { UserError } from "../../lib/user_error.ts";

const COMMAND: Command = {
  name: "jupyterlab",
  usage: "[--expected DIRECTORY] [NOTEBOOK …]",
  about:
    `Runs notebooks (default: all numbered ones) in the real JupyterLab, in a headless Chromium, in the smoke preset, and
compares what it shows with what \`deno task notebooks\` writes. Then it presses the stop and restart buttons during
a training. Where JupyterLab or Chromium is not installed it says so and passes. On Debian:

  apt-get install chromium jupyterlab`,
  options: {
    "expected DIRECTORY":
      "what `deno task notebooks --preset smoke --output-dir DIRECTORY` has written;\nwithout it, the notebooks are run first",
  },
};

const ENVIRONMENT = { LWM_PRESET: "smoke", NO_COLOR: "1" };

/** Runs the command; see its help. */
export async function checkJupyterLab(args: readonly string[]): Promise<void> {
  const { own, positionals, help } = parseCommandLine(args, COMMAND);
  if (help) return console.log(help);
  const installed = await findJupyterLab();
  if (typeof installed === "string") return console.log(`Skipped: ${installed}.`);

  const root = resolve(import.meta.dirname!, "../..");
  const scratch = join(root, ".check");
  await Deno.mkdir(scratch, { recursive: true });
  const project = await Deno.makeTempDir({ dir: scratch });
  // As in the project, where notebooks read figures from the folder beside them.
  const folder = join(project, "notebooks");
  await Deno.mkdir(folder);
  await Deno.symlink(join(root, "figures"), join(project, "figures"));
  const problems: string[] = [];
  try {
    const paths = positionals.length > 0
      ? positionals.map(fromHere)
      : await numberedNotebooks(join(root, "notebooks"));
    const expected = own.expected === undefined ? join(project, "expected") : fromHere(own.expected);
    if (own.expected === undefined) {
      await runNotebooks(paths, { env: ENVIRONMENT, timeoutSeconds: 300, outputFolder: expected });
    }
    const lab = await JupyterLab.start(installed, folder, ENVIRONMENT);
    try {
      const check = async (name: string, work: () => Promise<string[]>) => {
        const found = await work().catch((error: Error) => [error.message]);
        console.error(`${name}: ${found.length === 0 ? "ok" : found.join("; ")}`);
        problems.push(...found.map((problem) => `${name}: ${problem}`));
      };
      for (const path of paths) {
        const name = basename(path);
        await check(name, () => checkNotebook(lab, folder, path, join(expected, name)));
      }
      await check("stop and restart", () => checkButtons(lab, folder));
    } finally {
      const left = await lab.close();
      if (left.length > 0) problems.push(`processes left behind: ${left.join(", ")}`);
    }
  } finally {
    await Deno.remove(project, { recursive: true });
  }
  if (problems.length > 0) throw new UserError(`${problems.length} problems:\n${problems.join("\n")}`);
}

/** Runs a notebook in JupyterLab as a reader does. @returns what is wrong */
async function checkNotebook(
  lab: JupyterLab,
  folder: string,
  path: string,
  expected: string,
): Promise<string[]> {
  const name = basename(path);
  await Deno.copyFile(path, join(folder, name));
  await lab.open(name);
  await lab.command("notebook:run-all-cells");
  const notebook = await readNotebook(expected);
  await lab.command("docmanager:save");
  const problems = differences(codeCells(notebook), await lab.cells());
  if (problems.length === 0 && await savedText(join(folder, name)) !== await Deno.readTextFile(expected)) {
    problems.push("saving it changes lines of the file");
  }

  const source = notebook.cells.filter(({ cell_type }) => cell_type === "markdown").map(sourceOf).join("\n");
  const { shown, blank, equations, errors } = await lab.page.evaluate(`(() => {
    const all = (selector) => [...jupyterapp.shell.currentWidget.node.querySelectorAll(selector)];
    const images = all(".jp-OutputArea-output img, .jp-MarkdownOutput img");
    return {
      // An interactive figure has a form in place of its image.
      shown: all(".jp-OutputArea-output").filter((output) => output.querySelector("img, form")).length,
      blank: images.filter((image) => image.naturalWidth === 0 || !image.alt).length,
      equations: all("mjx-container").length,
      errors: all("mjx-merror, .jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").length,
    };
  })()`) as Record<string, number>;
  const figures =
    codeCells(notebook).flatMap(({ outputs }) => outputs).filter((output) =>
      "data" in output && [output.data["text/html"]].flat().join("").includes("<img ")
    ).length;
  if (shown < figures) problems.push(`${shown} of ${figures} figures are shown`);
  if (blank > 0) problems.push(`${blank} images are blank or have no alternative text`);
  if (/\$[^$\n]+\$/.test(source) && equations === 0) problems.push("no equation is rendered");
  if (errors > 0) problems.push(`${errors} equations or outputs are errors`);
  await lab.closeNotebook();
  return problems;
}

/** Compares cells with the output of the notebook runner, which loses and moves nothing. */
export function differences(
  expected: readonly { outputs: Output[] }[],
  shown: readonly ShownCell[],
): string[] {
  return expected.flatMap(({ outputs }, index) => {
    const found = shown[index].outputs.filter((output) => !isProgress(output));
    const error = found.find((output) => output.output_type === "error");
    if (error) return [`code cell ${index + 1} failed: ${error.evalue}`];
    if (isDeepStrictEqual(plain(outputs), plain(found))) return [];
    return [`code cell ${index + 1} shows ${summary(found)}; expected ${summary(outputs)}`];
  });
}

/** The text of a notebook file, without progress bars. */
async function savedText(path: string): Promise<string> {
  const notebook = await readNotebook(path);
  let bars = 0;
  for (const cell of codeCells(notebook)) {
    const kept = cell.outputs.filter((output) => !isProgress(output));
    bars += cell.outputs.length - kept.length;
    cell.outputs = kept;
  }
  return bars === 0 ? await Deno.readTextFile(path) : serializeNotebook(notebook);
}

/** A progress bar, which is not kept in a notebook. */
function isProgress(output: Output): boolean {
  return "data" in output && /[█░]{20}/.test([output.data["text/plain"]].flat().join(""));
}

/** Joins texts that are kept as lines. */
function plain(outputs: readonly Output[]): unknown {
  return JSON.parse(JSON.stringify(outputs), (_, value) => {
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value.join("") : value;
  });
}

function summary(outputs: readonly Output[]): string {
  const shown = outputs.map((output) =>
    output.output_type === "stream"
      ? JSON.stringify([output.text].flat().join("").slice(0, 60))
      : "data" in output
      ? Object.keys(output.data)[0]
      : output.ename
  );
  return shown.join(", ") || "nothing";
}

/** Presses the buttons during a training, as a reader may. @returns what is wrong */
async function checkButtons(lab: JupyterLab, folder: string): Promise<string[]> {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => void (holds || problems.push(problem));
  await writeNotebook(
    join(folder, "buttons.ipynb"),
    notebookOf(
      'import { configure, print, trainRuns } from "lwm"; const kept = 1;',
      "await new Promise((resolve) => setTimeout(resolve, 5000));",
      "await trainRuns([configure({ method: 'C', seed: 987, baseEpochs: 1000 })], { through: 0 });",
      "await print(kept + 1);",
    ),
  );
  await lab.open("buttons.ipynb");
  const trains = async () => JSON.stringify((await lab.cells())[2].outputs).includes("█");
  const runAll = () => void lab.command("notebook:run-all-cells").catch(() => {});

  runAll();
  await until("the first cell has run", 60_000, async () => (await lab.cells())[0].executionCount !== null);
  await lab.press("notebook:interrupt-kernel");
  await until("the training shows its progress", 60_000, trains);
  await lab.press("notebook:interrupt-kernel");
  await until("the last cell has run", 20_000, async () => (await lab.cells())[3].executionCount !== null);
  const [, waits, stopped, after] = (await lab.cells()).map(({ outputs }) => JSON.stringify(outputs));
  expect(/cannot be stopped/.test(waits), `a cell that cannot be stopped shows ${waits}`);
  expect(/Stopped/.test(stopped), `a stopped training shows ${stopped}`);
  expect(/2/.test(after), `variables were lost after a stop: ${after}`);

  runAll();
  await until("the training shows its progress again", 60_000, trains);
  await lab.press("notebook:restart-kernel");
  await lab.page.locator(".jp-Dialog .jp-mod-accept").click();
  // A restarted kernel may report that it is idle only after the next request.
  await lab.untilKernel(["unknown connected", "idle connected"]);
  await lab.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 3");
  await lab.command("notebook:run-cell");
  const [, , , fresh] = await lab.cells();
  expect(JSON.stringify(fresh.outputs).includes("not defined"), "a restarted kernel keeps variables");
  await lab.closeNotebook();
  return problems;
}

if (import.meta.main) await runCommand(checkJupyterLab);
