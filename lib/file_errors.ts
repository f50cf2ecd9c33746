/**
 * What the operating system says about a file, in words that tell the user what to do.
 * @module
 */

import { UserError } from "./user_error.ts";

/**
 * Makes a message of what the operating system says.
 *
 * @param error what a call of Deno's file system threw
 * @param path the file or folder that the call was about
 * @param purpose what could not be done, such as `write the image cache`
 * @returns a {@linkcode UserError} that names the file where the user can mend it; the same error otherwise
 */
export function explainFileError(error: unknown, path: string, purpose: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const advice = "code" in error ? advices[String(error.code)] : undefined;
  return advice ? new UserError(`Could not ${purpose} at "${path}": ${advice}`, { cause: error }) : error;
}

const advices: Record<string, string> = {
  ENOENT: "there is no such file or folder; check the path.",
  EACCES: "permission is denied; change the permissions of the file or folder, or choose another.",
  EPERM: "permission is denied; change the permissions of the file or folder, or choose another.",
  EIO: "the device reports an error; check it, and try again.",
  EROFS: "the file system is read-only; choose another folder.",
  ENOSPC: "no space is left on the device; free some, or choose a folder on another device.",
  EDQUOT: "the disk quota is used up; free some space, or choose a folder on another device.",
  EFBIG: "the file would be larger than the file system allows; choose a folder on another device.",
  EEXIST: "there is a file where a folder is needed; choose another path.",
  ENOTDIR: "a part of the path is a file, not a folder; check the path.",
  EISDIR: "it is a folder, not a file; check the path.",
  ELOOP: "its links lead round in a circle; check the path.",
  ENAMETOOLONG: "the name is too long for the file system; use a shorter one.",
  EMFILE: "too many files are open; raise the limit with `ulimit -n`.",
};
