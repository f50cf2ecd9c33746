/**
 * Ctrl-C and its kin as something that work can be stopped by.
 * @module
 */
import { UserError } from "../../lib/user_error.ts";

/** Why a signal stops us: its name and the exit code that shells expect. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What {@linkcode stopSignals} gives. */
export interface StopSignals {
  /** Aborts with a {@linkcode UserError} when the process is told to stop. */
  readonly signal: AbortSignal;
  /** 0, or the exit code that shells expect of a process that a signal has stopped. */
  exitCode(): number;
}

/**
 * From now on signals do not kill this process: they abort its work.
 *
 * @param whatIsKept said behind "Stopped by SIGINT."
 */
export function stopSignals(whatIsKept: string): StopSignals {
  const controller = new AbortController();
  let exitCode = 0;
  for (const [name, code] of Object.entries(EXIT_CODES)) {
    Deno.addSignalListener(name as keyof typeof EXIT_CODES, () => {
      exitCode = code;
      controller.abort(new UserError(`Stopped by ${name}. ${whatIsKept}`));
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}
