/**
 * A mistake that the user can mend: the message says what was expected, what was found and what to do.
 * Commands print the message alone; anything else that is thrown is a bug and keeps its stack trace.
 */
export class UserError extends Error {
  /** Tells it apart from a bug. */
  override readonly name = "UserError";
}

/** Refuses a number that is not an integer of at least 1. @throws {UserError} */
export function requirePositive(what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new UserError(`Expected ${what} to be an integer of at least 1 but found ${value}; change it.`);
}
