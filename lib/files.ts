/**
 * Reads and writes files: writes are atomic, JSON is checked against a schema, and errors of the operating
 * system become one sentence.
 * @module
 */
import { hash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import stringify from "json-stringify-pretty-compact";
import type { z } from "zod";
import { UserError } from "./user_error.ts";

/**
 * Writes a file under a temporary name in the same folder, flushes it to the disk, then renames it. Folders
 * are made as needed.
 * @throws {UserError} where the file cannot be written, such as on a full disk; an earlier file stays as it
 * was
 */
export function writeFileWhole(path: string, content: Uint8Array | string): Promise<void> {
  return writeFilesWhole([[path, content]]);
}

/**
 * Writes several files that belong together. None is replaced before all are written; see
 * {@linkcode writeFileWhole}.
 */
export async function writeFilesWhole(
  files: readonly (readonly [path: string, content: Uint8Array | string])[],
  purpose = "write the file",
): Promise<void> {
  // Whoever writes the same file at the same time, here or on another host, uses another temporary name.
  const word = crypto.randomUUID();
  const partialOf = (path: string) => `${path}.${word}.partial`;
  let at = "";
  try {
    for (const [path, content] of files) {
      at = path;
      await Deno.mkdir(dirname(path), { recursive: true });
      await removePartials(dirname(path));
      using file = await Deno.open(partialOf(path), { write: true, create: true, truncate: true });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      writeAll(file, bytes);
      await file.sync();
    }
    for (const [path] of files) {
      at = path;
      await Deno.rename(partialOf(path), path);
    }
  } catch (error) {
    for (const [path] of files) await Deno.remove(partialOf(path)).catch(() => {});
    throw explainFileError(error, at, purpose);
  }
}

/** Writes all of some bytes; a file or a terminal may take a part of them at a time. */
export function writeAll(file: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

/** No file is being written for so long. */
const ABANDONED_MILLISECONDS = 60 * 60 * 1000;

/**
 * Removes the temporary files that killed processes have left in a folder. Other hosts may share it, so no
 * process is asked for.
 */
async function removePartials(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!/\.[0-9a-f-]{36}\.partial$/.test(name)) continue;
    const path = join(folder, name);
    const writtenAt = (await Deno.lstat(path).catch(() => null))?.mtime?.getTime() ?? Infinity;
    if (Date.now() - writtenAt > ABANDONED_MILLISECONDS) await Deno.remove(path).catch(() => {});
  }
}

/** The names of what a folder holds, sorted; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  const entries = await nullIfAbsent(Array.fromAsync(Deno.readDir(folder)), folder, "read the folder");
  return (entries ?? []).map(({ name }) => name).sort();
}

export async function isFile(path: string): Promise<boolean> {
  return (await nullIfAbsent(Deno.stat(path), path, "find the file"))?.isFile ?? false;
}

/** A path that a user has written, seen from a folder; `~` is their home folder. */
export function absolutePath(path: string, folder: string): string {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  return resolve(folder, home === undefined ? path : path.replace(/^~(?=$|[/\\])/, home));
}

/** The bytes of a file, or null where there is no such file. */
export function readFileIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  return nullIfAbsent(Deno.readFile(path), path, "read the file");
}

async function nullIfAbsent<T>(reading: Promise<T>, path: string, purpose: string): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw explainFileError(error, path, purpose);
  }
}

/** A kind of JSON file. */
export interface JsonKind<T> {
  readonly schema: z.ZodType<T>;
  /** What it holds, for messages, such as `the metrics of a step`. */
  readonly holds: string;
  /** What to do where it is damaged or absent, as a sentence. */
  readonly remedy: string;
  /** Whether it has a digest, as {@linkcode writeSealedJson} writes it: any later change is then refused. */
  readonly sealed?: boolean;
}

/**
 * The value of a JSON file, or null where there is no such file.
 * @throws {UserError} where it is not JSON, does not fit the schema, or was changed although it is sealed
 */
export async function readJsonIfThere<T>(path: string, kind: JsonKind<T>): Promise<T | null> {
  const { schema, holds, remedy, sealed } = kind;
  const refuse = (found: string) =>
    new UserError(`Expected ${path} to hold ${holds} but found ${found}. ${remedy}`);
  const bytes = await readFileIfThere(path);
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw refuse(`${bytes.length} bytes that are not JSON: ${(error as SyntaxError).message}`);
  }
  if (sealed) {
    const { digest, ...content } = (value ?? {}) as { digest?: string };
    if (digest === undefined) throw refuse("no digest");
    if (digest !== digestOf(content)) {
      throw refuse("a digest that does not match: the file was changed");
    }
    value = content;
  }
  const parsed = schema.safeParse(value, { error: inWords });
  if (parsed.success) return parsed.data;
  const { path: place, message } = parsed.error.issues[0];
  throw refuse(`this at ${place.join(".") || "its root"}: ${message}`);
}

const TYPES: Readonly<Record<string, string>> = {
  number: "a finite number",
  int: "a whole number",
  boolean: "true or false",
  string: "a text",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** What a value has to be, such as `a list`: for a schema that says nothing itself. */
export function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  const list = "origin" in issue && issue.origin === "array" ? "a list of " : "";
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "too_small":
      return `${list}${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `${list}${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_type":
      return TYPES[issue.expected];
  }
}

/** The same as the end of a sentence. */
export function inWords(issue: z.core.$ZodRawIssue): string | undefined {
  const expected = expectation(issue);
  return expected && `expected ${expected}`;
}

/** Reads a JSON file as {@linkcode readJsonIfThere} does, and refuses one that is absent. */
export async function readJson<T>(path: string, kind: JsonKind<T>): Promise<T> {
  const value = await readJsonIfThere(path, kind);
  if (value !== null) return value;
  throw new UserError(`Expected ${kind.holds} in ${path} but found no such file. ${kind.remedy}`);
}

/** Writes a value as JSON; see {@linkcode writeFileWhole}. */
export function writeJson(path: string, value: unknown): Promise<void> {
  return writeFileWhole(path, JSON.stringify(value, null, 1) + "\n");
}

/**
 * The numbers of a figure as JSON that a person can read and a version control system can compare. Numbers
 * with a fraction are rounded to five significant digits, typed arrays of numbers become lists, what JSON has
 * no word for (NaN, ∞) becomes null, and bytes (`Uint8Array`: pixels) become text in base 64.
 */
export function numbersToJson(numbers: unknown): string {
  const plain = (_key: string, value: unknown) => {
    if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(5));
    if (value instanceof Uint8Array) return value.toBase64();
    return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
  };
  return stringify(numbers, { maxLength: 110, replacer: plain }) + "\n";
}

/** Reads {@linkcode numbersToJson}'s text. Bytes come back where the property is called `rgb`. */
export function numbersFromJson(json: string): unknown {
  return JSON.parse(
    json,
    (key, value) => key === "rgb" && typeof value === "string" ? Uint8Array.fromBase64(value) : value,
  );
}

/** Writes an object as JSON with its digest. */
export function writeSealedJson(path: string, value: object): Promise<void> {
  return writeJson(path, { ...value, digest: digestOf(value) });
}

/** The digest of a sealed file, by all of its content but the digest. */
export function digestOf(content: object): string {
  return hash("sha256", JSON.stringify(content));
}

/**
 * A lock that one process at a time holds. The operating system releases it when the process ends, even by
 * SIGKILL.
 */
export class FileLock implements Disposable {
  private constructor(readonly path: string, readonly file: Deno.FsFile) {}

  /** Takes the lock that a file stands for; null where another process holds it. */
  static async take(path: string): Promise<FileLock | null> {
    try {
      await Deno.mkdir(dirname(path), { recursive: true });
      for (;;) {
        const file = await Deno.open(path, { read: true, write: true, create: true });
        // Some network file systems have no locks: there, two processes on one run are not noticed.
        if (!await file.tryLock(true).catch(() => true)) {
          file.close();
          return null;
        }
        // The previous holder may have removed the file between opening and locking.
        const named = await Deno.stat(path).catch(() => null);
        if (named !== null && named.ino === (await file.stat()).ino) return new FileLock(path, file);
        file.close();
      }
    } catch (error) {
      throw explainFileError(error, path, "lock the file");
    }
  }

  /**
   * Takes a lock as soon as no other process holds it.
   * @param onWait called four times a second until then with the note of the other process, or null
   */
  static async wait(path: string, onWait?: (note: unknown) => unknown): Promise<FileLock> {
    for (;;) {
      const lock = await FileLock.take(path);
      if (lock !== null) return lock;
      // There is none while it is being written, or where the lock was released.
      const note: unknown = await Deno.readTextFile(path).then(JSON.parse).catch(() => null);
      onWait?.(note);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Replaces the note that waiting processes read, where it can be written. */
  note(value: unknown): void {
    try {
      this.file.truncateSync(0);
      this.file.seekSync(0, Deno.SeekMode.Start);
      this.file.writeSync(new TextEncoder().encode(JSON.stringify(value)));
    } catch {
      // Such as on a full disk, of which the holder learns when it writes what is kept.
    }
  }

  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.path);
    } catch {
      // The folder was deleted meanwhile.
    }
    this.file.close();
  }
}

/**
 * Says in a sentence what the operating system reports.
 * @param purpose what was attempted, such as `write the image cache`
 * @returns a {@linkcode UserError} that names the file where the user can mend it; the same error otherwise
 */
export function explainFileError(error: unknown, path: string, purpose: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const advice = "code" in error ? advices[String(error.code)] : undefined;
  if (advice === undefined) return error;
  return new UserError(`Expected to ${purpose} at "${path}" but found that ${advice}`, { cause: error });
}

/** Does something with a file without waiting. @throws what {@linkcode explainFileError} makes of an error */
export function withFileErrors<T>(path: string, purpose: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainFileError(error, path, purpose);
  }
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
  ELOOP: "its links form a circle; check the path.",
  ENAMETOOLONG: "the name is too long for the file system; use a shorter one.",
  EMFILE: "too many files are open; raise the limit with `ulimit -n`.",
};
