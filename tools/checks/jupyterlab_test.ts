/**
 * Runs the notebooks in the real JupyterLab, in a headless Chromium, with the project's kernel, in the smoke
 * preset: figures seen before anything is run, every output under its own cell, no error, equations and
 * figures rendered, no process left behind. What it saves has to equal what `deno task notebooks` writes. Not
 * among the project's other tests:
 *
 *     deno task jupyterlab [--expected DIRECTORY] [NOTEBOOK …]
 *
 * DIRECTORY has what `deno task notebooks --preset smoke --output-dir DIRECTORY` wrote; without it, the
 * notebooks (all numbered ones by default) are run first. It is skipped where JupyterLab or Chromium is not
 * installed. On Debian:
 *
 *     apt-get install chromium jupyterlab
 * @module
 */
import assert from "node:assert/strict";
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { writeJson } from "../../lib/files.ts";
import { fromHere, parseCommandLine } from "../commands/command_line.ts";
import {
  codeCells,
  type Notebook,
  numberedNotebooks,
  type Output,
  readNotebook,
  serializeNotebook,
  sourceOf,
} from "../notebooks/notebook.ts";
import { runNotebooks } from "../notebooks/run_notebooks.ts";

const ROOT = resolve(import.meta.dirname!, "../..");
const ENVIRONMENT = { LWM_PRESET: "smoke", NO_COLOR: "1" };
const START_MILLISECONDS = 60_000;
const COMMAND_MILLISECONDS = 180_000;
/**
 * A variable in the environment of every process of a session, by which those that are left behind are found.
 */
const MARK = "LWM_JUPYTERLAB";

const { own: values, positionals, help } = parseCommandLine(Deno.args, {
  name: "jupyterlab",
  usage: "[OPTION] [NOTEBOOK …]",
  about:
    "Runs notebooks (all numbered ones by default) in JupyterLab, in a headless Chromium, in the smoke preset.",
  options: {
    "expected DIR": "what `deno task notebooks --preset smoke` wrote there; without it they are run first",
  },
});
if (help) {
  console.log(help);
  Deno.exit(0);
}
const jupyterLab = await installed("jupyter-lab");
const browser = await installed("chromium", "chromium-browser", "google-chrome");
if (jupyterLab === "") console.log("Skipped: JupyterLab is not installed.");
if (browser === "") console.log("Skipped: Chromium is not installed.");

/** Where the first of some commands is that can be run here; empty where there is none. */
async function installed(...commands: string[]): Promise<string> {
  const look = 'for c; do "$c" --version >/dev/null 2>&1 && command -v "$c" && break; done';
  const { stdout } = await new Deno.Command("sh", { args: ["-c", look, "find", ...commands] }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test({
  name: "JupyterLab shows and saves what the notebook runner writes",
  ignore: jupyterLab === "" || browser === "",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await Deno.mkdir(join(ROOT, ".check"), { recursive: true });
    const project = await Deno.makeTempDir({ dir: join(ROOT, ".check") });
    // As in the project, where notebooks read figures from the folder beside them.
    const folder = join(project, "notebooks");
    await Deno.mkdir(folder);
    await Deno.symlink(join(ROOT, "figures"), join(project, "figures"));
    try {
      const paths = positionals.length > 0
        ? positionals.map(fromHere)
        : await numberedNotebooks(join(ROOT, "notebooks"));
      const expected = values.expected === undefined ? join(project, "expected") : fromHere(values.expected);
      if (values.expected === undefined) {
        for (const [name, value] of Object.entries(ENVIRONMENT)) Deno.env.set(name, value);
        await runNotebooks(paths, { outputFolder: expected });
      }
      const lab = await JupyterLab.start(folder);
      try {
        for (const path of paths) {
          await t.step(basename(path), () => runNotebook(lab, path, join(expected, basename(path))));
        }
      } finally {
        assert.deepEqual(await lab.close(), [], "processes are left behind");
      }
    } finally {
      await Deno.remove(project, { recursive: true });
    }
  },
});

/** Runs a notebook in JupyterLab as a reader does. */
async function runNotebook(lab: JupyterLab, path: string, expected: string): Promise<void> {
  const copy = join(lab.folder, basename(path));
  await Deno.copyFile(path, copy);
  await lab.open(basename(path));
  await lookBeforeRunning(lab, figuresIn(await readNotebook(path)));
  await lab.command("notebook:run-all-cells");
  await lab.command("docmanager:save");
  const [notebook, saved] = [await readNotebook(expected), await readNotebook(copy)];
  codeCells(saved).forEach((cell, index) => {
    cell.outputs = cell.outputs.filter((output) => !isProgress(output));
    const { outputs } = codeCells(notebook)[index];
    assert.ok(
      isDeepStrictEqual(cell.outputs, outputs),
      `code cell ${index + 1} shows ${summary(cell.outputs)}; expected ${summary(outputs)}`,
    );
  });
  assert.equal(serializeNotebook(saved), await Deno.readTextFile(expected));

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
  const figures = figuresIn(notebook);
  assert.ok(shown >= figures, `${shown} of ${figures} figures are shown`);
  assert.equal(blank, 0, "images are blank or have no alternative text");
  assert.equal(errors, 0, "equations or outputs are errors");
  if (/\$[^$\n]+\$/.test(source)) assert.ok(equations > 0, "no equation is rendered");
  await lab.closeNotebook();
}

/**
 * A notebook of a fresh clone is not trusted: JupyterLab drops scripts and `hidden` from its outputs. Each
 * figure has to be seen all the same, and nothing that waits for a script.
 */
async function lookBeforeRunning(lab: JupyterLab, figures: number): Promise<void> {
  const look = `(() => {
    const shown = [...jupyterapp.shell.currentWidget.node.querySelectorAll(".jp-OutputArea-output")];
    const seen = (output) => output.querySelector("img")?.naturalWidth > 0;
    return {
      pictures: shown.filter(seen).length,
      inputs: shown.filter((output) => output.querySelector("input, form")).length,
    };
  })()`;
  const seen = async () => await lab.page.evaluate(look) as { pictures: number; inputs: number };
  await until("each figure is seen", START_MILLISECONDS, async () => (await seen()).pictures >= figures);
  assert.deepEqual(await seen(), { pictures: figures, inputs: 0 });
}

/** How many of a notebook's outputs are figures. */
function figuresIn(notebook: Notebook): number {
  return codeCells(notebook).flatMap(({ outputs }) => outputs).filter((output) =>
    "data" in output && [output.data["text/html"]].flat().join("").includes("<img ")
  ).length;
}

/** A progress bar, which is not kept in a notebook. */
function isProgress(output: Output): boolean {
  return "data" in output && /[█░]{20}/.test([output.data["text/plain"]].flat().join(""));
}

function summary(outputs: readonly Output[]): string {
  const shown = outputs.map((output) => {
    if (output.output_type === "stream") return JSON.stringify(output.text.join("").slice(0, 60));
    return "data" in output ? Object.keys(output.data)[0] : `${output.ename}: ${output.evalue}`;
  });
  return shown.join(", ") || "nothing";
}

/** A running JupyterLab with the project's kernel, and the browser that shows it. */
class JupyterLab {
  private constructor(
    readonly folder: string,
    readonly page: Page,
    private readonly browser: Browser,
    private readonly server: Deno.ChildProcess,
    private readonly mark: string,
  ) {}

  /**
   * Starts the server and the browser.
   * @param folder the one that JupyterLab shows, below the project's; its settings go into it as well
   */
  static async start(folder: string): Promise<JupyterLab> {
    const [mark, token, own] = [crypto.randomUUID(), crypto.randomUUID(), join(folder, ".jupyter")];
    const settings = join(own, "settings/@jupyterlab");
    // Cells outside of the window are rendered too.
    await writeJson(join(settings, "notebook-extension/tracker.jupyterlab-settings"), {
      windowingMode: "none",
    });
    await writeJson(join(settings, "apputils-extension/notification.jupyterlab-settings"), {
      fetchNews: "false",
      checkForUpdates: false,
    });
    const port = freePort();
    const server = new Deno.Command(jupyterLab, {
      args: [
        ...["--no-browser", "--allow-root", "--ip=127.0.0.1", `--port=${port}`, "--ServerApp.port_retries=0"],
        ...[`--ServerApp.root_dir=${folder}`, `--IdentityProvider.token=${token}`],
        "--LabApp.expose_app_in_browser=True",
      ],
      cwd: folder,
      env: {
        ...ENVIRONMENT,
        [MARK]: mark,
        JUPYTER_PATH: join(ROOT, "tools/notebooks"),
        JUPYTER_CONFIG_DIR: own,
        JUPYTER_DATA_DIR: own,
        JUPYTER_RUNTIME_DIR: join(own, "runtime"),
        JUPYTERLAB_SETTINGS_DIR: join(own, "settings"),
        JUPYTERLAB_WORKSPACES_DIR: join(own, "workspaces"),
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const url = `http://127.0.0.1:${port}`;
    try {
      await until(`JupyterLab answers at ${url}`, START_MILLISECONDS, async () => {
        const response = await fetch(`${url}/api/status?token=${token}`).catch(() => undefined);
        await response?.body?.cancel();
        return response?.ok ?? false;
      });
      const running = await chromium.launch({
        executablePath: browser,
        args: ["--no-sandbox"],
        env: { ...Deno.env.toObject(), [MARK]: mark },
      });
      const page = await running.newPage({ viewport: { width: 1200, height: 1000 } });
      await page.goto(`${url}/lab?token=${token}`);
      await page.waitForFunction("window.jupyterapp?.restored !== undefined");
      await page.evaluate("jupyterapp.restored.then(() => {})");
      return new JupyterLab(folder, page, running, server, mark);
    } catch (error) {
      server.kill("SIGKILL");
      throw error;
    }
  }

  /** Runs one of JupyterLab's commands, to its end, for at most three minutes. */
  async command(id: string, args: Record<string, unknown> = {}): Promise<void> {
    let ended = false;
    const running = this.page.evaluate(
      `jupyterapp.commands.execute("${id}", ${JSON.stringify(args)}).then(() => {})`,
    ).finally(() => ended = true);
    await Promise.race([running, until(`${id} ended`, COMMAND_MILLISECONDS, () => ended)]);
  }

  /** Opens a notebook, and waits until its kernel is ready. @param path relative to the folder */
  async open(path: string): Promise<void> {
    await this.command("docmanager:open", { path, factory: "Notebook" });
    await this.#untilIdle();
  }

  async closeNotebook(): Promise<void> {
    const session = "jupyterapp.shell.currentWidget.sessionContext";
    await this.page.evaluate(`${session}.shutdown().then(() => jupyterapp.shell.currentWidget.dispose())`);
  }

  /** Waits until the kernel has been idle for half a second. */
  async #untilIdle(): Promise<void> {
    const state = "(({ status, connectionStatus }) => `${status} ${connectionStatus}`)" +
      "(jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel ?? {})";
    let times = 0;
    await until("the kernel is idle", START_MILLISECONDS, async () => {
      times = await this.page.evaluate(state) === "idle connected" ? times + 1 : 0;
      return times > 5;
    });
  }

  /** Ends browser, server and kernels. @returns ids of processes that still live five seconds after it */
  async close(): Promise<string[]> {
    await this.browser.close();
    this.server.kill("SIGTERM"); // It ends its kernels.
    await this.server.status;
    await until("they ended", 5000, async () => (await this.#processes()).length === 0).catch(() => {});
    return await this.#processes();
  }

  /** Processes whose environment has the mark; none where there is no /proc. */
  async #processes(): Promise<string[]> {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", 'grep -ls -- "$1" /proc/[0-9]*/environ', "find", this.mark],
    }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((path) => path !== "");
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until something holds. @throws {Error} if it takes too long */
async function until(
  what: string,
  milliseconds: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`Waited ${milliseconds / 1000} s until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
