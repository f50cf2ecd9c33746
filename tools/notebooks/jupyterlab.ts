/**
 * JupyterLab with the project's kernel, driven in a headless Chromium. Both are found on this machine, not installed.
 * @module
 */
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { writeJson } from "../../lib/files.ts";
import type { Output } from "./notebook.ts";

const PROJECT = resolve(import.meta.dirname!, "../..");
const START_MILLISECONDS = 60_000;
const COMMAND_MILLISECONDS = 180_000;
/** A variable in the environment of every process of a session, by which those that are left behind are found. */
const MARK = "LWM_JUPYTERLAB";

/** How JupyterLab and Chromium are started here. */
export interface Installed {
  /** A command and its first arguments. */
  lab: readonly string[];
  browser: string;
}

/** Finds JupyterLab and Chromium. @returns which of them is missing, where one is */
export async function findJupyterLab(): Promise<Installed | string> {
  if (Deno.build.os === "windows") return "JupyterLab is not looked for on Windows";
  const firstOf = async (...commands: string[]) => {
    for (const command of commands) {
      const args = ["-c", `${command} --version >/dev/null 2>&1 && command -v ${command}`];
      const { success, stdout } = await new Deno.Command("sh", { args }).output();
      if (success) return new TextDecoder().decode(stdout).trim();
    }
  };
  const jupyter = await firstOf("jupyter-lab");
  const python = jupyter ?? await firstOf("/usr/bin/python3 -m jupyterlab");
  const browser = await firstOf("chromium", "chromium-browser", "google-chrome");
  if (python === undefined) return "JupyterLab is not installed";
  if (browser === undefined) return "Chromium is not installed";
  return { lab: jupyter === undefined ? [python, "-m", "jupyterlab"] : [jupyter], browser };
}

/** A code cell as JupyterLab shows it. */
export interface ShownCell {
  outputs: Output[];
  /** The number of its execution; null if it was not run. */
  executionCount: number | null;
}

/** A running JupyterLab, and the browser that shows it. */
export class JupyterLab {
  private constructor(
    readonly page: Page,
    private readonly browser: Browser,
    private readonly server: Deno.ChildProcess,
    private readonly mark: string,
  ) {}

  /**
   * Starts the server and the browser.
   * @param folder the one that JupyterLab shows, below the project's; its settings go into it as well
   * @param env variables for the kernels
   */
  static async start(
    { lab, browser: executablePath }: Installed,
    folder: string,
    env: Record<string, string>,
  ): Promise<JupyterLab> {
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
    const server = new Deno.Command(lab[0], {
      args: [
        ...lab.slice(1),
        ...["--no-browser", "--allow-root", "--ip=127.0.0.1", `--port=${port}`, "--ServerApp.port_retries=0"],
        ...[`--ServerApp.root_dir=${folder}`, `--IdentityProvider.token=${token}`],
        "--LabApp.expose_app_in_browser=True",
      ],
      cwd: folder,
      env: {
        ...env,
        [MARK]: mark,
        JUPYTER_PATH: join(PROJECT, "tools/notebooks"),
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
      const browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox"],
        env: { ...Deno.env.toObject(), [MARK]: mark },
      });
      const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
      await page.goto(`${url}/lab?token=${token}`);
      await page.waitForFunction("window.jupyterapp?.restored !== undefined");
      await page.evaluate("jupyterapp.restored.then(() => {})");
      return new JupyterLab(page, browser, server, mark);
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
    await this.untilKernel(["idle connected"]);
  }

  async closeNotebook(): Promise<void> {
    const session = "jupyterapp.shell.currentWidget.sessionContext";
    await this.page.evaluate(`${session}.shutdown().then(() => jupyterapp.shell.currentWidget.dispose())`);
  }

  /** Waits until the kernel is in one of these states for half a second, such as `idle connected`. */
  async untilKernel(states: readonly string[]): Promise<void> {
    const state = "(({ status, connectionStatus }) => `${status} ${connectionStatus}`)" +
      "(jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel ?? {})";
    let times = 0;
    await until(`the kernel is ${states.join(" or ")}`, START_MILLISECONDS, async () => {
      times = states.includes(await this.page.evaluate(state) as string) ? times + 1 : 0;
      return times > 5;
    });
  }

  async press(command: string): Promise<void> {
    await this.page.locator(`.jp-NotebookPanel:not(.lm-mod-hidden) [data-command="${command}"]`).click();
  }

  async cells(): Promise<ShownCell[]> {
    const cells = "jupyterapp.shell.currentWidget.content.model.toJSON().cells";
    const shown = `${cells}.filter(({ cell_type }) => cell_type === "code")`;
    return await this.page.evaluate(
      `${shown}.map(({ outputs, execution_count }) => ({ outputs, executionCount: execution_count }))`,
    ) as ShownCell[];
  }

  /** Ends browser, server and kernels. @returns ids of processes that still live after it */
  async close(): Promise<number[]> {
    await this.browser.close();
    this.server.kill("SIGTERM"); // It ends its kernels.
    await this.server.status;
    let left = await this.#processes();
    for (let attempt = 0; attempt < 50 && left.length > 0; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      left = await this.#processes();
    }
    return left;
  }

  /** Processes whose environment has the mark; none where there is no /proc. */
  async #processes(): Promise<number[]> {
    const found: number[] = [];
    try {
      for await (const { name } of Deno.readDir("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        const environment = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
        if (environment.includes(this.mark)) found.push(Number(name));
      }
    } catch { /* Another system. */ }
    return found;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until something holds. @throws {Error} if it takes too long */
export async function until(
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
