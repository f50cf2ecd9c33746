import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { download, type DownloadOptions, type RemoteFile } from "./download.ts";
import { naming, withFolder, writeFile } from "../../../lib/data/photos/testdata/photo_fixtures.ts";

const BYTES = new Uint8Array(200_000).map((_, i) => i * i % 251);
const MD5 = createHash("md5").update(BYTES).digest("hex");
const quick: DownloadOptions = { pauseMilliseconds: 1, attempts: 4 };

/** What a server answers to one request: exactly these bytes, then it closes the connection. */
type Answer = (range: number | undefined, request: number) => Uint8Array[] | "stall";

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content.replaceAll("\n", "\r\n"));
}

/** The answer of an honest server that can go on from an offset. */
function honest(range: number | undefined, body = BYTES): Uint8Array[] {
  const from = range ?? 0;
  const length = body.length - from;
  const status = range === undefined
    ? "200 OK"
    : `206 Partial Content\nContent-Range: bytes ${from}-${body.length - 1}/${body.length}`;
  return [text(`HTTP/1.1 ${status}\nContent-Length: ${length}\nConnection: close\n\n`), body.subarray(from)];
}

/** Runs a server on the level of bytes, so that it can lie, and returns the ranges it was asked for. */
async function withServer(
  answer: Answer,
  test: (file: RemoteFile, ranges: (number | undefined)[]) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ranges: (number | undefined)[] = [];
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      const buffer = new Uint8Array(8192);
      let head = "";
      while (!head.includes("\r\n\r\n")) {
        const read = await connection.read(buffer).catch(() => null);
        if (read === null) break;
        head += new TextDecoder().decode(buffer.subarray(0, read));
      }
      if (head === "") continue;
      const range = /^range: bytes=(\d+)-\r$/im.exec(head)?.[1];
      ranges.push(range === undefined ? undefined : Number(range));
      const parts = answer(ranges.at(-1), ranges.length);
      if (parts === "stall") continue;
      try {
        for (const part of parts) {
          for (let sent = 0; sent < part.length;) sent += await connection.write(part.subarray(sent));
        }
        await connection.closeWrite();
      } catch {
        // The client had enough.
      }
    }
  })();
  try {
    const { port } = listener.addr as Deno.NetAddr;
    await test({ url: `http://127.0.0.1:${port}/data.bin`, bytes: BYTES.length, md5: MD5 }, ranges);
  } finally {
    listener.close();
    await serving;
    for (const connection of open) connection.close();
  }
}

/** Downloads and checks what lies there afterwards. */
async function assertDownloads(file: RemoteFile, before?: Uint8Array): Promise<void> {
  await withFolder(async (folder) => {
    const target = join(folder, "new/data.bin");
    if (before) writeFile(`${target}.partial`, before);
    await download(file, target, quick);
    assert.deepEqual(Deno.readFileSync(target), BYTES);
    assert.deepEqual([...Deno.readDirSync(join(folder, "new"))].map(({ name }) => name), ["data.bin"]);
  });
}

/** Downloads in vain; `partial` says how many bytes are kept for the next run. */
async function assertFails(file: RemoteFile, reason: string, partial: number | undefined, options = quick) {
  await withFolder(async (folder) => {
    const target = join(folder, "data.bin");
    await assert.rejects(() => download(file, target, options), naming(file.url, reason));
    const kept = [...Deno.readDirSync(folder)].map((
      { name },
    ) => [name, Deno.statSync(join(folder, name)).size]);
    assert.deepEqual(kept, partial === undefined ? [] : [["data.bin.partial", partial]]);
  });
}

Deno.test("download() fetches a file, shows how far it is, and fetches no file twice", async () => {
  await withServer((range) => honest(range), async (file, ranges) => {
    await withFolder(async (folder) => {
      const progress: number[] = [];
      const target = join(folder, "data.bin");
      await download(file, target, { ...quick, onProgress: (done) => progress.push(done) });
      assert.equal(progress.at(-1), BYTES.length);
      assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
      await download(file, target, quick);
      assert.deepEqual(ranges, [undefined]);
      // A file that is damaged since is fetched anew.
      writeFile(target, BYTES.with(5, 99));
      await download(file, target, quick);
      assert.deepEqual(Deno.readFileSync(target), BYTES);
    });
  });
});

Deno.test("download() goes on where a broken connection stopped", async () => {
  // Each answer ends after 60,000 bytes.
  await withServer((range) => {
    const [head, body] = honest(range);
    return [head, body.subarray(0, 60_000)];
  }, async (file, ranges) => {
    await assertDownloads(file);
    assert.deepEqual(ranges, [undefined, 60_000, 120_000, 180_000]);
  });
});

Deno.test("download() goes on where an earlier run stopped", async () => {
  await withServer((range) => honest(range), async (file, ranges) => {
    await assertDownloads(file, BYTES.subarray(0, 150_000));
    await assertDownloads(file, BYTES);
    assert.deepEqual(ranges, [150_000]);
  });
});

Deno.test("download() begins anew where the server cannot go on, or what is there does not fit", async () => {
  await withServer(() => honest(undefined), (file) => assertDownloads(file, BYTES.subarray(0, 150_000)));
  const cannot = (range?: number) =>
    range === undefined
      ? honest(range)
      : [text("HTTP/1.1 416 Range Not Satisfiable\nContent-Length: 0\nConnection: close\n\n")];
  await withServer(cannot, (file) => assertDownloads(file, BYTES.subarray(0, 150_000)));
  // Too long.
  await withServer((range) => honest(range), async (file, ranges) => {
    await assertDownloads(file, new Uint8Array(300_000));
    assert.deepEqual(ranges, [undefined]);
  });
});

Deno.test("download() tries again after a temporary error, and not after a lasting one", async () => {
  const unavailable = [
    text("HTTP/1.1 503 Service Unavailable\nContent-Length: 5\nConnection: close\n\nlater"),
  ];
  await withServer((range, request) => request < 3 ? unavailable : honest(range), async (file, ranges) => {
    await assertDownloads(file);
    assert.equal(ranges.length, 3);
  });
  await withServer(() => unavailable, async (file, ranges) => {
    await assertFails(file, "503", undefined);
    assert.equal(ranges.length, 4);
  });
  const missing = [text("HTTP/1.1 404 Not Found\nContent-Length: 4\nConnection: close\n\ngone")];
  await withServer(() => missing, async (file, ranges) => {
    await assertFails(file, "404", undefined);
    assert.equal(ranges.length, 1);
  });
});

Deno.test("download() throws on wrong bytes of the right length and keeps none of them", async () => {
  await withServer(
    (range) => honest(range, BYTES.with(123_456, 0)),
    (file) => assertFails(file, MD5, undefined),
  );
});

Deno.test("download() believes no length: a wrong one, more than was said, or none", async () => {
  const page = text("<html>Please log in</html>");
  const head = (length: string) => text(`HTTP/1.1 200 OK\n${length}Connection: close\n\n`);
  await withServer(
    () => [head(`Content-Length: ${page.length}\n`), page],
    (file) => assertFails(file, "after 26", 26),
  );
  // No length: the end of the connection is the end of the file.
  await withServer(() => [head(""), BYTES], (file) => assertDownloads(file));
  await withServer(
    () => [head(""), BYTES.subarray(0, 50_000)],
    (file) => assertFails(file, "after 50000", 50_000),
  );
  await withServer(() => [head(""), BYTES, BYTES], async (file) => {
    await withFolder(async (folder) => {
      await assert.rejects(() => download(file, join(folder, "data.bin"), quick), naming("more"));
      assert.ok(Deno.statSync(join(folder, "data.bin.partial")).size <= BYTES.length);
    });
  });
});

Deno.test("download() gives up on a server that falls silent", async () => {
  const options = { ...quick, idleMilliseconds: 50, attempts: 2 };
  await withServer(() => "stall", (file) => assertFails(file, "nothing came", undefined, options));
});

Deno.test({
  name: "download() says where there is no space or no permission",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withServer((range) => honest(range), async (file) => {
      await withFolder(async (folder) => {
        const target = join(folder, "data.bin");
        Deno.symlinkSync("/dev/full", `${target}.partial`);
        await assert.rejects(() => download(file, target, quick), naming(`${target}.partial`, "no space"));
      });
      await assert.rejects(
        () => download(file, "/sys/data.bin", quick),
        naming("/sys/data.bin.partial", "permission"),
      );
    });
  },
});
