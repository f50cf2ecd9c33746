/**
 * Downloads a large file: resumes where a broken connection stopped, even in another run, and trusts only the
 * digest.
 * @module
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../../../lib/user_error.ts";
import { explainFileError, writeAll } from "../../../lib/files.ts";

/** What is known of a file before it is downloaded. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  /**
   * MD5, in hexadecimal: what the publishers of the data sets give. It guards against damage, not against
   * attack.
   */
  readonly md5: string;
}

export interface DownloadOptions {
  onProgress?: (done: number, total: number) => void;
  /** Give up after this many connections. Default 10. */
  attempts?: number;
  /** Close a connection after this time without data. Default 30,000. */
  idleMilliseconds?: number;
  /** Wait this long before connecting again, and longer each time. Default 1,000. */
  pauseMilliseconds?: number;
}

/**
 * Downloads a file to `target` by way of `TARGET.partial`, which is resumed.
 * @throws {UserError} if the server does not deliver the file with the right length and digest, or it cannot
 * be written
 */
export async function download(
  file: RemoteFile,
  target: string,
  { onProgress, attempts = 10, idleMilliseconds = 30_000, pauseMilliseconds = 1000 }: DownloadOptions = {},
): Promise<void> {
  const partial = `${target}.partial`;
  try {
    Deno.mkdirSync(dirname(target), { recursive: true });
    if (fileBytes(target) === file.bytes && await md5OfFile(target) === file.md5) return;
    for (let attempt = 1; fileBytes(partial) !== file.bytes; attempt++) {
      const failure = await receive(file, partial, idleMilliseconds, onProgress);
      if (!failure) break;
      if (failure.final || attempt >= attempts) {
        throw new UserError(
          `Expected ${file.bytes} bytes from ${file.url} but ${failure.reason}; try again later (what has arrived is ` +
            `kept in "${partial}"), or fetch the file by hand and pass it with --from.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, attempt * pauseMilliseconds));
    }
    const md5 = await md5OfFile(partial);
    if (md5 !== file.md5) {
      Deno.removeSync(partial);
      throw new UserError(
        `Expected a file with MD5 ${file.md5} from ${file.url} but found ${md5}; the file is damaged or has been replaced: ` +
          `try again, or fetch it by hand and pass it with --from.`,
      );
    }
    Deno.renameSync(partial, target);
  } catch (error) {
    throw explainFileError(error, partial, "write the download");
  }
}

async function md5OfFile(path: string): Promise<string> {
  try {
    const hash = createHash("md5");
    using file = Deno.openSync(path);
    const chunk = new Uint8Array(2 ** 20);
    for (let read; (read = await file.read(chunk)) !== null;) hash.update(chunk.subarray(0, read));
    return hash.digest("hex");
  } catch (error) {
    throw explainFileError(error, path, "read the file");
  }
}

/**
 * Appends the data of one connection to the partial file.
 * @returns why the connection ended too early; `final` where trying again would not help
 */
async function receive(
  { url, bytes: total }: RemoteFile,
  partial: string,
  idleMilliseconds: number,
  onProgress?: (done: number, total: number) => void,
): Promise<{ reason: string; final?: boolean } | undefined> {
  const offset = fileBytes(partial) < total ? fileBytes(partial) : 0;
  const connection = new AbortController();
  let clock: ReturnType<typeof setTimeout> | undefined;
  const restartClock = () => {
    clearTimeout(clock);
    clock = setTimeout(() => connection.abort(), idleMilliseconds);
  };
  try {
    restartClock();
    const response = await fetch(url, {
      signal: connection.signal,
      // Not compressed on the way: the bytes must be those of the file.
      headers: { "accept-encoding": "identity", ...(offset > 0 && { range: `bytes=${offset}-` }) },
    });
    const { status, statusText, headers } = response;
    const resumed = status === 206 && headers.get("content-range")?.startsWith(`bytes ${offset}-`);
    if (status === 416 || (status === 206 && !resumed)) {
      // Next time the whole file is asked for.
      Deno.removeSync(partial);
      return { reason: "the server cannot resume the download" };
    }
    if (status !== 200 && !resumed) {
      const temporary = status >= 500 || status === 408 || status === 429;
      return { reason: `the server answered ${status} ${statusText}`.trim(), final: !temporary };
    }
    let done = resumed ? offset : 0;
    using file = Deno.openSync(partial, { create: true, write: true });
    if (file.statSync().size > done) file.truncateSync(done);
    file.seekSync(done, Deno.SeekMode.Start);
    for await (const chunk of response.body ?? []) {
      restartClock();
      if (done + chunk.length > total) {
        return { reason: "the server sends more; it is another file, or no file at all", final: true };
      }
      writeAll(file, chunk);
      done += chunk.length;
      onProgress?.(done, total);
    }
    return done < total ? { reason: `the server closed the connection after ${done}` } : undefined;
  } catch (error) {
    if (connection.signal.aborted) return { reason: `nothing came for ${idleMilliseconds / 1000} seconds` };
    if (!(error instanceof TypeError)) throw error; // about the file; those of the network are TypeErrors
    return { reason: `the connection failed (${error.message})` };
  } finally {
    clearTimeout(clock);
    connection.abort();
  }
}

/** Length of a file; 0 where there is none. */
function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
