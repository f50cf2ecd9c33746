/**
 * A mistake that the user can mend: the message says what was expected, what was found and what to do.
 * Commands print the message alone; anything else that is thrown is a bug and keeps its stack trace.
 */
export class UserError extends Error {
  /** Tells it apart from a bug. */
  override readonly name = "UserError";
}
