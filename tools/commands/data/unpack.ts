/**
 * Unpacks .tar, .tar.gz and .zip without trusting them: no entry may lead out of the target, links and devices are
 * refused, nothing is overwritten, and a bomb is stopped.
 * @module
 */

import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
// @ts-types="npm:@types/yauzl@3.4.0"
import yauzl from "yauzl";
import { UserError } from "../../../lib/user_error.ts";
import { explainFileError } from "../../../lib/files.ts";

/** Options for {@linkcode unpack}. */
export interface UnpackOptions {
  /** The archive may unpack to this many bytes. */
  maxBytes: number;
  /** It may have this many files and folders. */
  maxEntries: number;
  /** Called with the bytes of the archive that are done. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Unpacks an archive into a folder. What kind it is shows in its first bytes, whatever its name is.
 *
 * @param archive a .tar, .tar.gz or .zip file
 * @param target the folder to unpack into; made if it is not there. After an error part of the archive may be in it
 * @throws {UserError} if the archive is damaged, has a path that leads out of the target or a link, has two entries of
 * the same name, or is larger than allowed; or if the target cannot be written
 */
export async function unpack(archive: string, target: string, options: UnpackOptions): Promise<void> {
  const writer = new EntryWriter(archive, target, options);
  try {
    const kind = readKind(archive);
    Deno.mkdirSync(target, { recursive: true });
    await (kind === "zip" ? unpackZip(archive, writer, options) : unpackTar(archive, writer, options));
  } catch (error) {
    throw explainFileError(error, archive, "unpack the archive");
  } finally {
    writer.close();
  }
}

function readKind(archive: string): "zip" | "tar" {
  using file = Deno.openSync(archive);
  const magic = new Uint8Array(4);
  const read = file.readSync(magic);
  if (read === null) throw damaged(archive, "an empty file");
  return magic[0] === 0x50 && magic[1] === 0x4b ? "zip" : "tar";
}

async function unpackTar(archive: string, writer: EntryWriter, { onProgress }: UnpackOptions): Promise<void> {
  let failure: unknown;
  let complete = false;
  // Handlers must not throw: the parser is in the middle of its work.
  const attempt = (action: () => void) => {
    if (failure !== undefined) return;
    try {
      action();
    } catch (error) {
      failure = error;
    }
  };
  const parser = new Parser({
    strict: true,
    onReadEntry(entry: ReadEntry) {
      attempt(() => {
        if (entry.type === "Directory") writer.folder(entry.path);
        else if (entry.type === "File" || entry.type === "OldFile") writer.begin(entry.path);
        else throw refused(archive, `files and folders only`, `"${entry.path}", a ${entry.type}`);
      });
      entry.on("data", (chunk: Uint8Array) => attempt(() => writer.write(chunk)));
      entry.on("end", () => attempt(() => writer.close()));
    },
  });
  parser.on("error", (error: Error) => failure ??= damaged(archive, error.message));
  parser.on("eof", () => complete = true);
  const ended = new Promise<void>((resolve) => parser.once("end", resolve));

  using file = Deno.openSync(archive);
  const total = file.statSync().size;
  const chunk = new Uint8Array(65536);
  for (let done = 0, read; failure === undefined && (read = file.readSync(chunk)) !== null;) {
    parser.write(toBuffer(chunk.slice(0, read)));
    done += read;
    onProgress?.(done, total);
  }
  if (failure === undefined) {
    parser.end();
    // A damaged archive may never end: its error comes at once instead.
    if (failure === undefined) await ended;
    if (failure === undefined && !complete) failure = damaged(archive, "no end");
  }
  if (failure !== undefined) {
    try {
      parser.abort(new Error("stopped"));
    } catch {
      // Aborting frees the decompressor; that it also throws is of no use here.
    }
    throw failure;
  }
}

async function unpackZip(
  archive: string,
  writer: EntryWriter,
  { onProgress }: UnpackOptions,
): Promise<void> {
  const total = Deno.statSync(archive).size;
  try {
    const zip = await yauzl.openPromise(archive, { lazyEntries: true, strictFileNames: true });
    let done = 0;
    for await (const entry of zip.eachEntry()) {
      const mode = entry.externalFileAttributes >>> 16 & 0o170000;
      if (entry.fileName.endsWith("/")) {
        writer.folder(entry.fileName);
        continue;
      }
      // Archives that were not made on Unix have no mode.
      if (mode !== 0o100000 && mode !== 0) {
        throw refused(archive, "files and folders only", `"${entry.fileName}", a link or device`);
      }
      writer.begin(entry.fileName);
      let checksum = 0;
      for await (const chunk of await zip.openReadStreamPromise(entry)) {
        writer.write(chunk);
        checksum = crc32(chunk, checksum);
      }
      writer.close();
      if (checksum !== entry.crc32) {
        throw damaged(archive, `other bytes than its checksum says in "${entry.fileName}"`);
      }
      onProgress?.(done += entry.compressedSize, total);
    }
  } catch (error) {
    const explained = explainFileError(error, archive, "unpack the archive");
    if (explained instanceof UserError) throw explained;
    const { message } = error as Error;
    // What the reader of zips says of a name that leads out.
    const path = /^(?:absolute path|invalid relative path|invalid characters in fileName): (.*)$/s.exec(
      message,
    );
    throw path ? refusedPath(archive, path[1]) : damaged(archive, message);
  }
}

/** Writes the entries of one archive, checking each name and counting what is written. */
class EntryWriter {
  #file: Deno.FsFile | undefined;
  #path = "";
  #bytes = 0;
  #entries = 0;
  readonly #folders = new Set<string>();

  constructor(
    readonly archive: string,
    readonly target: string,
    readonly limits: Pick<UnpackOptions, "maxBytes" | "maxEntries">,
  ) {}

  folder(name: string): void {
    this.#count(name);
    this.#makeFolder(join(this.target, name));
  }

  begin(name: string): void {
    this.#count(name);
    this.#path = join(this.target, name);
    this.#makeFolder(dirname(this.#path));
    try {
      this.#file = Deno.openSync(this.#path, { createNew: true, write: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw explainFileError(error, this.#path, "unpack");
      throw refused(this.archive, "each name once", `"${name}" twice, or twice but for case`);
    }
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.limits.maxBytes) {
      throw refused(this.archive, `at most ${this.limits.maxBytes} bytes when unpacked`, "more");
    }
    try {
      for (let written = 0; written < bytes.length;) {
        written += this.#file!.writeSync(bytes.subarray(written));
      }
    } catch (error) {
      throw explainFileError(error, this.#path, "unpack");
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #count(name: string): void {
    if (++this.#entries > this.limits.maxEntries) {
      throw refused(this.archive, `at most ${this.limits.maxEntries} files and folders`, "more");
    }
    const leadsOut = name.startsWith("/") || /^[a-z]:/i.test(name) || /[\\\0]/.test(name) ||
      name.split("/").includes("..");
    if (leadsOut) throw refusedPath(this.archive, name);
  }

  #makeFolder(path: string): void {
    if (this.#folders.has(path)) return;
    try {
      Deno.mkdirSync(path, { recursive: true });
    } catch (error) {
      throw explainFileError(error, path, "unpack");
    }
    this.#folders.add(path);
  }
}

function damaged(archive: string, found: string): UserError {
  return new UserError(
    `Expected a whole .tar, .tar.gz or .zip archive in "${archive}" but found damage (${found}); fetch it again.`,
  );
}

function refused(archive: string, expected: string, found: string): UserError {
  return new UserError(
    `Expected ${expected} in the archive "${archive}" but found ${found}; do not trust this file: ` +
      `fetch the archive from its official address.`,
  );
}

function refusedPath(archive: string, name: string): UserError {
  return refused(archive, "paths below the target", `"${name}"`);
}

/** The parser wants Node's kind of array. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
