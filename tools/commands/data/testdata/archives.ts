/**
 * Archives for tests, byte by byte, so that they can be as wrong as wanted.
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";

/** One entry of an archive; a folder where the name ends in a slash. */
export interface ArchiveEntry {
  /** Path in the archive, honest or not. */
  name: string;
  /** Empty where absent. */
  content?: string | Uint8Array;
  /** tar: the type flag, such as `2` for a symbolic link. */
  type?: string;
  /** tar: where a link leads. */
  link?: string;
  /** zip: what the index says, where it lies. */
  crc?: number;
}

function contentOf({ content = "" }: ArchiveEntry): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

/** A POSIX tar archive, with the two empty blocks at its end. */
export function tarArchive(entries: ArchiveEntry[]): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const content = contentOf(entry);
    const header = new Uint8Array(512);
    const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
    put(0, entry.name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, content.length.toString(8).padStart(11, "0") + "\0");
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, entry.type ?? (entry.name.endsWith("/") ? "5" : "0"));
    put(157, entry.link ?? "");
    put(257, "ustar\x0000");
    put(148, header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ");
    return [header, content, new Uint8Array((512 - content.length % 512) % 512)];
  });
  return Buffer.concat([...blocks, new Uint8Array(1024)]);
}

/** Compressed as in .tar.gz. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes));
}

/** A zip archive with deflated entries. */
export function zipArchive(entries: ArchiveEntry[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const index: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    const content = contentOf(entry);
    const packed = new Uint8Array(deflateRawSync(content));
    const common = (view: DataView, at: number) => {
      view.setUint16(at, 20, true); // version
      view.setUint16(at + 2, 0x800, true); // names are UTF-8
      view.setUint16(at + 4, 8, true); // deflate
      view.setUint32(at + 10, entry.crc ?? crc32(content), true);
      view.setUint32(at + 14, packed.length, true);
      view.setUint32(at + 18, content.length, true);
      view.setUint16(at + 22, name.length, true);
    };
    const local = new Uint8Array(30);
    const localView = new DataView(local.buffer);
    localView.setUint32(0, 0x04034b50, true);
    common(localView, 4);
    const central = new Uint8Array(46);
    const centralView = new DataView(central.buffer);
    centralView.setUint32(0, 0x02014b50, true);
    common(centralView, 6);
    centralView.setUint32(42, offset, true);
    locals.push(local, name, packed);
    index.push(central, name);
    offset += local.length + name.length + packed.length;
  }
  const directory = Buffer.concat(index);
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, entries.length, true);
  view.setUint16(10, entries.length, true);
  view.setUint32(12, directory.length, true);
  view.setUint32(16, offset, true);
  return Buffer.concat([...locals, directory, end]);
}
