/**
 * Unpacks .tar, .tar.gz and .zip without trusting them: no entry may lead out of the target, links and devices are refused, no
 * name may come twice, and a bomb is stopped.
 * @module
 */

import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { UnpackSync } from "tar";
// @ts-types="npm:@types/yauzl@3.4.0"
import yauzl from "yauzl";
import { explainFileError } from "../../../lib/files.ts";
import { UserError } from "../../../lib/user_error.ts";

/** Options for {@linkcode unpack}. */
export interface UnpackOptions {
  /** The archive may unpack to this many bytes. */
  maxBytes: number;
  /** It may have this many files and folders. */
  maxEntries: number;
  /** Called with the bytes of the archive that are done. */
  onProgress?: (done: number, total: number) => void;
}

/** Throws where an entry must not be unpacked. */
type Admit = (name: string, bytes: number, kind: "file" | "folder" | "other") => void;

/**
 * Unpacks an archive into a folder. Its kind is read from its first bytes, not its name.
 * @param archive a .tar, .tar.gz or .zip file
 * @param target the folder to unpack into; made if absent. After an error it may hold a part of the archive
 * @throws {UserError} if the archive is damaged, has a path that leads out of the target, a link, two entries of the same
 * name, or is larger than allowed; or if the target cannot be written
 */
export async function unpack(archive: string, target: string, options: UnpackOptions): Promise<void> {
  try {
    const magic = new Uint8Array(2);
    using file = Deno.openSync(archive);
    if (file.readSync(magic) === null) throw new Error("an empty file");
    Deno.mkdirSync(target, { recursive: true });
    const isZip = magic[0] === 0x50 && magic[1] === 0x4b; // "PK"
    await (isZip ? unpackZip : unpackTar)(archive, target, admitOf(archive, options), options);
  } catch (error) {
    const explained = explainFileError(error, archive, "unpack the archive");
    if (explained instanceof UserError) throw explained;
    throw new UserError(
      `Expected a whole .tar, .tar.gz or .zip archive with paths below the target in "${archive}" but found ` +
        `${(error as Error).message}; fetch it again from its official address.`,
    );
  }
}

function admitOf(archive: string, { maxBytes, maxEntries }: UnpackOptions): Admit {
  const names = new Set<string>();
  let unpacked = 0, entries = 0;
  return (name, bytes, kind) => {
    const refuse = (expected: string, found: string) => {
      throw new UserError(
        `Expected ${expected} in the archive "${archive}" but found ${found}; do not trust this file: fetch the archive from ` +
          `its official address.`,
      );
    };
    if (kind === "other") refuse("files and folders only", `"${name}", a link or device`);
    if (/^(\/|[a-z]:)|\\|(^|\/)\.\.(\/|$)/i.test(name)) refuse("paths below the target", `"${name}"`);
    if (++entries > maxEntries) refuse(`at most ${maxEntries} files and folders`, "more");
    if ((unpacked += bytes) > maxBytes) refuse(`at most ${maxBytes} bytes when unpacked`, "more");
    if (kind === "folder") return;
    // Some file systems do not tell names apart that differ by case.
    if (names.has(name.toLowerCase())) refuse("each name once", `"${name}" twice`);
    names.add(name.toLowerCase());
  };
}

function unpackTar(archive: string, target: string, admit: Admit, { onProgress }: UnpackOptions): void {
  const unpacker = new UnpackSync({
    cwd: target,
    strict: true,
    filter(path, entry) {
      const type = "type" in entry ? entry.type : "";
      admit(path, entry.size, type === "Directory" ? "folder" : /^(Old)?File$/.test(type) ? "file" : "other");
      return true;
    },
  });
  using file = Deno.openSync(archive);
  const total = file.statSync().size;
  const chunk = new Uint8Array(2 ** 16);
  for (let done = 0, read; (read = file.readSync(chunk)) !== null;) {
    unpacker.write(Buffer.from(chunk.slice(0, read).buffer));
    onProgress?.(done += read, total);
  }
  unpacker.end();
}

async function unpackZip(
  archive: string,
  target: string,
  admit: Admit,
  { onProgress }: UnpackOptions,
): Promise<void> {
  const total = Deno.statSync(archive).size;
  const zip = await yauzl.openPromise(archive, {
    lazyEntries: true,
    decodeStrings: true,
    strictFileNames: true,
  });
  let done = 0;
  for await (const entry of zip.eachEntry()) {
    // Archives that were not made on Unix have no mode.
    const mode = entry.externalFileAttributes >>> 16 & 0o170000;
    const isFolder = entry.fileName.endsWith("/");
    const kind = isFolder ? "folder" : mode === 0o100000 || mode === 0 ? "file" : "other";
    admit(entry.fileName, entry.uncompressedSize, kind);
    const path = join(target, entry.fileName);
    Deno.mkdirSync(isFolder ? path : dirname(path), { recursive: true });
    if (isFolder) continue;
    using file = Deno.openSync(path, { createNew: true, write: true });
    let checksum = 0;
    for await (const bytes of await zip.openReadStreamPromise(entry)) {
      checksum = crc32(bytes, checksum);
      for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
    }
    if (checksum !== entry.crc32) {
      throw new Error(`other bytes than its checksum says in "${entry.fileName}"`);
    }
    onProgress?.(done += entry.compressedSize, total);
  }
}
