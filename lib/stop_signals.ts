/**
 * Ctrl-C, its kin, and the stop button of a notebook, as something that work can be stopped by.
 * @module
 */
import { inNotebook } from "./progress.ts";
import { UserError } from "./user_error.ts";

/** The exit codes that shells expect of a process that a signal has stopped. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type SignalName = keyof typeof EXIT_CODES;

/** Work was stopped by a signal. */
export class Stopped extends UserError {
  /** @param exitCode of a command that was stopped in this way */
  constructor(message: string, readonly exitCode: number) {
    super(message);
  }
}

/** How to stop each work that runs now. */
const running = new Set<(signal: SignalName) => void>();

/**
 * Runs work that a signal stops, instead of killing the process. A second signal ends a process at once, but never a notebook's
 * kernel. In a notebook only SIGINT counts, which is the stop button; others end the kernel as always.
 *
 * @param whatIsKept said behind "Stopped.", when it has come to that
 * @param work is given a signal that aborts with a {@linkcode Stopped}; it throws the reason
 * @param outer aborts the work as well, even if it was aborted before
 */
export async function stoppable<T>(
  whatIsKept: string | (() => string),
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: SignalName) => {
    const kept = typeof whatIsKept === "string" ? whatIsKept : whatIsKept();
    controller.abort(new Stopped(`Stopped. ${kept}`, EXIT_CODES[signal]));
  };
  const stopWithOuter = () => stop("SIGINT");
  outer?.addEventListener("abort", stopWithOuter);
  running.add(stop);
  if (running.size === 1 && !inNotebook()) forEachSignal(Deno.addSignalListener);
  try {
    if (outer?.aborted) stopWithOuter();
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } finally {
    running.delete(stop);
    outer?.removeEventListener("abort", stopWithOuter);
    if (running.size === 0 && !inNotebook()) {
      forEachSignal(Deno.removeSignalListener);
      stoppedAt = undefined;
    }
  }
}

/**
 * Waits for work that cannot be stopped itself, in a process that ends when it is stopped.
 *
 * @throws the reason of the signal, as soon as it aborts; the work goes on as long as the process does
 */
export function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

/** `performance.now()` at the first signal of the work that runs. */
let stoppedAt: number | undefined;

const listeners = Object.fromEntries(
  Object.entries(EXIT_CODES).map(([name, code]) => [name, () => {
    // npm passes on a signal that we have already; a second one that a person sends comes later.
    if (!inNotebook() && performance.now() - (stoppedAt ??= performance.now()) > 500) Deno.exit(code);
    for (const stop of running) stop(name as SignalName);
    if (running.size === 0) requestStop();
  }]),
);

/** Whether the next {@linkcode stopPoint} is to throw. */
let stopRequested = false;

/** For a notebook whose cell is in no work that {@linkcode stoppable} runs. */
function requestStop(): void {
  stopRequested = true;
  setTimeout(() => {
    if (!stopRequested) return;
    stopRequested = false;
    console.error("This cell cannot be stopped. Wait for its end, or restart the kernel.");
  }, 900);
}

/**
 * A place where work of a notebook that takes long can be stopped, such as between two batches.
 *
 * @throws {Stopped} where the stop button was pressed
 */
export async function stopPoint(): Promise<void> {
  // Signals have their turn.
  await new Promise((resolve) => setTimeout(resolve));
  throwIfStopped();
}

/** The same, without waiting, for work that lets signals have their turn itself. */
export function throwIfStopped(): void {
  if (!stopRequested) return;
  stopRequested = false;
  throw new Stopped("Stopped.", EXIT_CODES.SIGINT);
}

function forEachSignal(change: (name: SignalName, listener: () => void) => void): void {
  for (const [name, listener] of Object.entries(listeners)) {
    // Windows does not know all of them.
    if (Deno.build.os !== "windows" || name === "SIGINT") change(name as SignalName, listener);
  }
}

// The stop button would kill the kernel, and with it all variables.
if (inNotebook()) Deno.addSignalListener("SIGINT", listeners.SIGINT);

/**
 * Stops what runs when the `npx` that started this process has ended: a signal to it does not reach us. Without npx it does
 * nothing.
 */
export async function stopWithNpx(): Promise<void> {
  if (Deno.env.get("npm_command") !== "exec") return;
  const npx = await ancestor(/^np[mx] |np[mx]-cli\.js/);
  if (npx === null) return;
  const timer = setInterval(async () => {
    if (await processInfo(npx).catch(() => null) !== null) return;
    clearInterval(timer);
    if (running.size === 0) Deno.exit(EXIT_CODES.SIGTERM);
    listeners.SIGTERM();
  }, 1000);
  Deno.unrefTimer(timer as unknown as number);
}

/** The nearest process above this one with such a command line; null where there is none, or on Windows. */
async function ancestor(command: RegExp): Promise<number | null> {
  try {
    // npx, a shell, `deno task`, this process.
    for (let pid = Deno.ppid, level = 0; level < 4; level++) {
      const { parent, args } = await processInfo(pid);
      if (command.test(args)) return pid;
      pid = parent;
    }
  } catch {
    // Not to be found out here.
  }
  return null;
}

async function processInfo(pid: number): Promise<{ parent: number; args: string }> {
  if (Deno.build.os === "linux") {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const args = (await Deno.readTextFile(`/proc/${pid}/cmdline`)).replaceAll("\0", " ");
    return { parent: Number(status.match(/PPid:\s*(\d+)/)![1]), args };
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "ppid=,args=", "-p", `${pid}`] }).output();
  const [, parent, args] = new TextDecoder().decode(stdout).match(/^\s*(\d+) (.*)/)!;
  return { parent: Number(parent), args };
}
