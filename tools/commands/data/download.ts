/**
 * Downloads a large file: goes on where a broken connection stopped, even in another run, and believes nothing but
 * the digest.
 * @module
 */

import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { UserError } from "../../../lib/user_error.ts";
import { explainFileError } from "../../../lib/files.ts";

/** What is known of a file before it is downloaded. */
export interface RemoteFile {
  /** Where it lies. */
  readonly url: string;
  /** Its exact length. */
  readonly bytes: number;
  /** MD5, in hexadecimal: what the publishers of the data sets give. It guards against damage, not against attack. */
  readonly md5: string;
}

/** Options for {@linkcode download}. */
export interface DownloadOptions {
  /** Called with the bytes that are there. */
  onProgress?: (done: number, total: number) => void;
  /** Give up after this many connections in a row that came no further than one before them. Default 5. */
  attempts?: number;
  /** Close a connection that brings nothing for so long. Default 30,000. */
  idleMilliseconds?: number;
  /** Wait so long before connecting again, twice as long each time. Default 1,000. */
  pauseMilliseconds?: number;
}

/**
 * Downloads a file to `target`, by way of `TARGET.partial`. What an earlier run left there is not fetched again.
 *
 * @throws {UserError} if the server does not deliver the file with the right length and digest, or it cannot be written
 */
export async function download(
  file: RemoteFile,
  target: string,
  { onProgress, attempts = 5, idleMilliseconds = 30_000, pauseMilliseconds = 1000 }: DownloadOptions = {},
): Promise<void> {
  const partial = `${target}.partial`;
  try {
    Deno.mkdirSync(dirname(target), { recursive: true });
    if (fileBytes(target) === file.bytes && await md5OfFile(target) === file.md5) return;

    let inPieces = fileBytes(partial) > 0;
    let furthest = 0;
    let begunAnew = false;
    let failures = 0;
    while (true) {
      if (fileBytes(partial) === file.bytes) {
        const md5 = await md5OfFile(partial);
        if (md5 === file.md5) break;
        Deno.removeSync(partial);
        if (!inPieces || begunAnew) throw wrongDigest(file, md5);
        begunAnew = true; // The pieces did not belong together: once more, from the beginning.
        inPieces = false;
        furthest = 0;
      }
      const failure = await receive(file, partial, idleMilliseconds, onProgress);
      if (!failure) continue;
      // A server that begins anew each time may bring much, and yet never all.
      failures = fileBytes(partial) > furthest ? 0 : failures + 1;
      furthest = Math.max(furthest, fileBytes(partial));
      if (failure.final || failures >= attempts) {
        throw new UserError(
          `Expected ${file.bytes} bytes from ${file.url} but ${failure.reason}; try again later (what has arrived is ` +
            `kept in "${partial}"), or fetch the file by hand and pass it with --from.`,
        );
      }
      inPieces = fileBytes(partial) > 0;
      await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds * 2 ** Math.max(0, failures - 1)));
    }
    Deno.renameSync(partial, target);
  } catch (error) {
    throw explainFileError(error, partial, "write the download");
  }
}

function wrongDigest({ url, md5 }: RemoteFile, found: string): UserError {
  return new UserError(
    `Expected a file with MD5 ${md5} from ${url} but found ${found}; the file is damaged or has been replaced: ` +
      `try again, or fetch it by hand and pass it with --from.`,
  );
}

/**
 * Computes the MD5 digest of a file, in hexadecimal.
 * @throws {UserError} if it cannot be read
 */
export async function md5OfFile(path: string): Promise<string> {
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

/** Why a connection did not bring all that was missing. */
interface Failure {
  reason: string;
  /** Trying again would not help. */
  final?: boolean;
}

/** Appends what one connection brings to the partial file. */
async function receive(
  { url, bytes: total }: RemoteFile,
  partial: string,
  idleMilliseconds: number,
  onProgress?: (done: number, total: number) => void,
): Promise<Failure | undefined> {
  let offset = fileBytes(partial);
  if (offset >= total) {
    Deno.removeSync(partial);
    offset = 0;
  }
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
      // Not compressed on the way: the bytes are to be those of the file.
      headers: { "accept-encoding": "identity", ...(offset > 0 && { range: `bytes=${offset}-` }) },
    });
    const unfit = judge(response, offset, total);
    if (unfit) {
      // A server that cannot go on where we stopped is asked for the whole file next time.
      if (response.status === 206 || response.status === 416) Deno.removeSync(partial);
      return unfit;
    }
    if (response.status === 200) offset = 0;

    using file = Deno.openSync(partial, { create: true, write: true });
    if (file.statSync().size > offset) file.truncateSync(offset);
    file.seekSync(offset, Deno.SeekMode.Start);
    for await (const chunk of response.body ?? []) {
      restartClock();
      if (offset + chunk.length > total) {
        return { reason: "the server sends more; it is another file, or no file at all", final: true };
      }
      for (let written = 0; written < chunk.length;) written += file.writeSync(chunk.subarray(written));
      offset += chunk.length;
      onProgress?.(offset, total);
    }
    return offset < total ? { reason: `the server closed the connection after ${offset}` } : undefined;
  } catch (error) {
    if (connection.signal.aborted) return { reason: `nothing came for ${idleMilliseconds / 1000} seconds` };
    if (!(error instanceof TypeError)) throw error; // about the file; those of the network are TypeErrors
    return { reason: `the connection failed (${error.message})` };
  } finally {
    clearTimeout(clock);
    connection.abort();
  }
}

/** @returns why the answer is of no use; undefined if it is the wanted part of the file */
function judge(response: Response, offset: number, total: number): Failure | undefined {
  const { status, headers } = response;
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    if (range && Number(range[1]) === offset && (range[3] === "*" || Number(range[3]) === total)) {
      return undefined;
    }
    return {
      reason: `the server sends another part (${headers.get("content-range") ?? "it does not say which"})`,
    };
  }
  if (status !== 200) {
    const temporary = status >= 500 || status === 408 || status === 429 || status === 416;
    return { reason: `the server answered ${status} ${response.statusText}`.trim(), final: !temporary };
  }
  const length = headers.get("content-length");
  if (length !== null && Number(length) !== total) return { reason: `the server offers ${length} bytes` };
  return undefined;
}

/** Length of a file; 0 where there is none. */
function fileBytes(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
