/**
 * Stops work at Ctrl-C, at SIGTERM and SIGHUP, and at the stop button of a notebook.
 * @module
 */
import { inNotebook } from "./progress.ts";
import { UserError } from "./user_error.ts";

/** The exit codes that shells expect of a process that a signal has stopped. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type SignalName = keyof typeof EXIT_CODES;

export class Stopped extends UserError {
  constructor(message: string, readonly exitCode: number) {
    super(message);
  }
}

/** Stops each work that runs now. */
const running = new Set<(exitCode: number) => void>();

/**
 * Runs work that a signal stops. The process survives the first signal; a second one ends it at once. A
 * notebook's kernel survives every SIGINT, which is the stop button; other signals end it as always.
 * @param whatIsKept follows "Stopped." in the message of the error
 * @param work takes a signal that aborts with a {@linkcode Stopped}, and throws the signal's reason
 * @param outer also stops the work, and keeps it from starting where it was aborted before
 */
export async function stoppable<T>(
  whatIsKept: string,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const stop = (exitCode: number) => {
    controller.abort(new Stopped(`Stopped. ${whatIsKept}`, exitCode));
  };
  const stopWithOuter = () =>
    stop(outer?.reason instanceof Stopped ? outer.reason.exitCode : EXIT_CODES.SIGINT);
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

/** Ends the process by the signal that stopped its work, so that a shell ends the loop around it, too. */
export async function endBySignal(exitCode: number): Promise<never> {
  const found = Object.entries(EXIT_CODES).find(([, code]) => code === exitCode);
  if (found !== undefined && Deno.build.os !== "windows") {
    Deno.kill(Deno.pid, found[0] as SignalName);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  Deno.exit(exitCode);
}

/**
 * Waits for work that cannot be stopped itself: throws as soon as the signal aborts; the work goes on until
 * the process ends.
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
    // npm forwards a signal that this process has received already; a person's second signal comes later.
    if (!inNotebook() && performance.now() - (stoppedAt ??= performance.now()) > 500) Deno.exit(code);
    for (const stop of running) stop(code);
    if (running.size > 0) return;
    // A notebook's cell that runs outside of stoppable(): it stops at its next stop point.
    clearTimeout(stopRequest);
    stopRequest = setTimeout(() => {
      stopRequest = undefined;
      console.error("This cell cannot be stopped. Wait for its end, or restart the kernel.");
    }, 900);
  }]),
);

/** While it runs, the next {@linkcode stopPoint} throws; its end says that there was none. */
let stopRequest: ReturnType<typeof setTimeout> | undefined;

/** A point at which the stop button ends long work in a notebook, such as between two batches. */
export async function stopPoint(): Promise<void> {
  // Lets the signal's listener run.
  await new Promise((resolve) => setTimeout(resolve));
  throwIfStopped();
}

/** The same for work that already yields to the event loop. */
export function throwIfStopped(): void {
  if (stopRequest === undefined) return;
  clearTimeout(stopRequest);
  stopRequest = undefined;
  throw new Stopped("Stopped.", EXIT_CODES.SIGINT);
}

function forEachSignal(change: (name: SignalName, listener: () => void) => void): void {
  for (const [name, listener] of Object.entries(listeners)) {
    // Windows does not know all of them.
    if (Deno.build.os !== "windows" || name === "SIGINT") change(name as SignalName, listener);
  }
}

// Without a listener the stop button kills the kernel, and all variables are lost.
if (inNotebook()) Deno.addSignalListener("SIGINT", listeners.SIGINT);
