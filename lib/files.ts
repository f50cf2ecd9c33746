/**
 * Files that are either there and whole, or not there.
 * @module
 */
import { dirname } from "node:path";
import { explainFileError } from "./file_errors.ts";
import { UserError } from "./user_error.ts";

/**
 * Writes to a temporary name in the same folder, then renames. Folders are made as needed.
 * @throws {UserError} where the folder is read-only or the disk is full
 */
export async function writeFileWhole(path: string, content: Uint8Array | string): Promise<void> {
  // Two processes may write the same file: each to a name of its own.
  const partial = `${path}.${Deno.pid}.partial`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(partial, bytes);
    await Deno.rename(partial, path);
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw explained(error, path);
  }
}

/** Writes a value as JSON; see {@linkcode writeFileWhole}. */
export function writeJson(path: string, value: unknown): Promise<void> {
  return writeFileWhole(path, JSON.stringify(value, null, 1) + "\n");
}

/**
 * Reads a file that may not be there.
 *
 * @returns the file's bytes, or null where there is no such file
 * @throws {UserError} where it is a folder or may not be read
 */
export async function readFileIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw explainFileError(error, path, "read the file");
  }
}

/**
 * Reads a JSON file that may not be there.
 *
 * @returns the value in a JSON file, or null where there is no such file
 * @throws {UserError} where the file is not JSON
 */
export async function readJsonIfThere<T>(path: string): Promise<T | null> {
  const bytes = await readFileIfThere(path);
  if (bytes === null) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new UserError(
      `Expected ${path} to be JSON but found a damaged file of ${bytes.length} bytes. ` +
        "Delete it, and it will be made again.",
    );
  }
}

/** Turns what the operating system says into a sentence; any other error is passed on. */
function explained(error: unknown, path: string): unknown {
  const code = (error as { code?: string }).code;
  if (error instanceof Deno.errors.PermissionDenied || code === "EROFS" || code === "EACCES") {
    return new UserError(
      `Expected to be allowed to write ${path} but the folder is read-only. Change its permissions, or run the project elsewhere.`,
    );
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UserError(
      `Expected room on the disk for ${path} but found none. Nothing was lost: free some space and run again.`,
    );
  }
  if (code === "ENOTDIR" || code === "EEXIST" || error instanceof Deno.errors.NotADirectory) {
    return new UserError(
      `Expected ${dirname(path)} to be a folder but found a file. Move it away and run again.`,
    );
  }
  return error;
}
