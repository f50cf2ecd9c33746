/**
 * Unpacks .tar, .tar.gz and .zip. No entry may lead out of the target; links and devices are refused.
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { UnpackSync } from "tar";
// @ts-types="npm:@types/yauzl@3.4.0"
import yauzl from "yauzl";
import { explainFileError, writeAll } from "../../../lib/files.ts";
import { UserError } from "../../../lib/user_error.ts";

/** Told the bytes of the archive that are done. */
type OnBytes = (done: number, total: number) => void;

/**
 * Unpacks an archive into a folder. Its kind is read from its first bytes, not its name.
 * @param archive a .tar, .tar.gz or .zip file
 * @param target the folder to unpack into; made if absent. After an error it may hold a part of the archive
 * @throws {UserError} if the archive is damaged, has a path that leads out of the target, or a link; or if
 * the target cannot be written
 */
export async function unpack(archive: string, target: string, onBytes: OnBytes = () => {}): Promise<void> {
  try {
    const magic = new Uint8Array(2);
    using file = Deno.openSync(archive);
    if (file.readSync(magic) === null) throw new Error("an empty file");
    Deno.mkdirSync(target, { recursive: true });
    const isZip = magic[0] === 0x50 && magic[1] === 0x4b; // "PK"
    await (isZip ? unpackZip : unpackTar)(archive, target, onBytes);
  } catch (error) {
    const explained = explainFileError(error, archive, "unpack the archive");
    if (explained instanceof UserError) throw explained;
    throw new UserError(
      `Expected a whole .tar, .tar.gz or .zip archive of files below the target in "${archive}" but found ` +
        `${(error as Error).message}; fetch it again from its official address.`,
    );
  }
}

function unpackTar(archive: string, target: string, onBytes: OnBytes): void {
  const unpacker = new UnpackSync({
    cwd: target,
    strict: true, // paths that lead out of the target are errors
    filter(path, entry) {
      const type = "type" in entry ? entry.type : "";
      if (/^(Old)?File$|^Directory$/.test(type)) return true;
      throw new Error(`"${path}", a link or device`);
    },
  });
  using file = Deno.openSync(archive);
  const total = file.statSync().size;
  const chunk = new Uint8Array(2 ** 16);
  for (let done = 0, read; (read = file.readSync(chunk)) !== null;) {
    unpacker.write(Buffer.from(chunk.slice(0, read).buffer));
    onBytes(done += read, total);
  }
  unpacker.end();
}

/** A link in a zip becomes a file with the link's text. Names are checked by yauzl. */
async function unpackZip(archive: string, target: string, onBytes: OnBytes): Promise<void> {
  const total = Deno.statSync(archive).size;
  const zip = await yauzl.openPromise(archive, {
    lazyEntries: true,
    decodeStrings: true,
    strictFileNames: true,
  });
  let done = 0;
  for await (const entry of zip.eachEntry()) {
    const isFolder = entry.fileName.endsWith("/");
    const path = join(target, entry.fileName);
    Deno.mkdirSync(isFolder ? path : dirname(path), { recursive: true });
    if (isFolder) continue;
    using file = Deno.openSync(path, { createNew: true, write: true });
    let checksum = 0;
    for await (const bytes of await zip.openReadStreamPromise(entry)) {
      checksum = crc32(bytes, checksum);
      writeAll(file, bytes);
    }
    if (checksum !== entry.crc32) {
      throw new Error(`other bytes than its checksum says in "${entry.fileName}"`);
    }
    onBytes(done += entry.compressedSize, total);
  }
}
