import assert from "node:assert/strict";
import { join } from "node:path";
import { randomStream } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import { DamagedPhotoError } from "./decode.ts";
import { type CachedPhoto, cachePhotos, type CachePhotosOptions, readCachedImage } from "./photo_cache.ts";
import type { PhotoSource } from "./photo_source.ts";
import { naming, withFolder, writeFile } from "./testdata/photo_fixtures.ts";

const SIZE = 4;
const BYTES = 3 * SIZE * SIZE;

interface Fake extends Partial<PhotoSource> {
  /** What each photo is filled with; default its number. */
  fill?: (photo: number) => number;
  /** Photos that cannot be decoded. */
  broken?: readonly number[];
  stamps?: (photo: number) => string;
}

/** A source whose photo i has only bytes i, and the photos that were decoded. */
function fake(count: number, { fill = (i) => i, broken = [], stamps = () => "1", ...rest }: Fake = {}) {
  const decoded: number[] = [];
  const source: PhotoSource = {
    name: "test",
    classNames: ["ant", "bee"],
    photos: Array.from({ length: count }, (_, i) => ({ name: `${i}.jpg`, classId: i % 2, stamp: stamps(i) })),
    async decode(photo, size) {
      // The later a photo, the sooner it is there.
      await new Promise((resolve) => setTimeout(resolve, 10 * (count - photo) % 7));
      decoded.push(photo);
      if (broken.includes(photo)) {
        throw new DamagedPhotoError(`${photo}.jpg`, "noise");
      }
      return { pixels: new Uint8Array(3 * size * size).fill(fill(photo)) };
    },
    ...rest,
  };
  return { source, decoded };
}

function cache(path: string, source: PhotoSource, options: Partial<CachePhotosOptions> = {}) {
  return cachePhotos(path, source, [...source.photos.keys()], { imageSize: SIZE, ...options });
}

/** The first byte of each image. */
function firstBytes(path: string, photos: Iterable<CachedPhoto>): number[] {
  const target = new Uint8Array(BYTES);
  return Array.from(photos, (photo) => {
    readCachedImage(path, photo, target);
    return target[0];
  });
}

Deno.test("cachePhotos() decodes each photo once and gives back its pixels and sums", () =>
  withFolder(async (folder) => {
    const path = join(folder, "deep", "cache");
    const { source, decoded } = fake(20);
    const progress: number[] = [];
    const { photos, skipped } = await cache(path, source, { onProgress: (done) => progress.push(done) });
    assert.deepEqual(progress, Array.from({ length: 20 }, (_, i) => i + 1));
    assert.deepEqual([...photos.keys()], Array.from({ length: 20 }, (_, i) => i));
    assert.deepEqual([photos.get(3)!.sum, photos.get(3)!.squares], [[48, 48, 48], [144, 144, 144]]);
    assert.equal(skipped.size, 0);
    assert.deepEqual(firstBytes(path, [17, 0, 4].map((i) => photos.get(i)!)), [17, 0, 4]);

    const again = await cache(path, source, { onProgress: () => assert.fail("nothing is to be decoded") });
    assert.deepEqual(again.photos, photos);
    assert.equal(decoded.length, 20);
  }));

Deno.test("cachePhotos() goes on where it stopped", () =>
  withFolder(async (folder) => {
    const path = join(folder, "cache");
    const stopped = fake(20, {
      decode: (i) => i < 12 ? fake(20).source.decode(i, SIZE) : Promise.reject(new Error("stop")),
    });
    await assert.rejects(() => cache(path, stopped.source), /stop/);
    // As a process leaves it that is killed while it writes a line.
    Deno.writeTextFileSync(`${path}.index`, '\n123 {"name":"12.j', { append: true });
    const { source, decoded } = fake(20);
    const progress: number[] = [];
    const { photos } = await cache(path, source, { onProgress: (done) => progress.push(done) });
    assert.deepEqual(decoded.toSorted((a, b) => a - b), [12, 13, 14, 15, 16, 17, 18, 19]);
    assert.deepEqual(progress, [13, 14, 15, 16, 17, 18, 19, 20]);
    assert.deepEqual(firstBytes(path, photos.values()), [...Array(20).keys()]);
    assert.deepEqual((await cache(path, fake(20).source)).photos, photos);
  }));

Deno.test("cachePhotos() decodes a photo again into its place when its file was replaced, and those that are new", () =>
  withFolder(async (folder) => {
    const path = join(folder, "cache");
    const before = await cache(path, fake(4).source);
    const { source, decoded } = fake(6, {
      stamps: (i) => i === 1 || i === 2 ? "2" : "1",
      fill: (i) => i === 2 ? 99 : i,
    });
    const { photos } = await cache(path, source);
    assert.deepEqual(decoded.toSorted(), [1, 2, 4, 5]);
    assert.deepEqual(firstBytes(path, photos.values()), [0, 1, 99, 3, 4, 5]);
    assert.equal(Deno.statSync(`${path}.pixels`).size, 6 * BYTES);
    assert.deepEqual((await cache(path, source)).photos, photos);
    // Who reads from the cache of before is told.
    assert.throws(() => firstBytes(path, before.photos.values()), naming("2.jpg", "has changed since"));
  }));

Deno.test("cachePhotos() names all damaged photos at once, or leaves them out and tries them again", () =>
  withFolder(async (folder) => {
    const path = join(folder, "cache");
    const broken = [0, 4, 8];
    await assert.rejects(
      () => cache(path, fake(9, { broken }).source),
      naming('found 3 damaged: "0.jpg" (noise), "4.jpg" (noise), "8.jpg" (noise)', "--skipBroken"),
    );
    const { source, decoded } = fake(9, { broken });
    const { photos, skipped } = await cache(path, source, { skipBroken: true });
    assert.deepEqual(decoded.toSorted(), broken);
    assert.deepEqual([...skipped.keys()], broken);
    assert.match(skipped.get(4)!.message, /"4\.jpg" but found noise/);
    assert.deepEqual(firstBytes(path, photos.values()), [1, 2, 3, 5, 6, 7]);
    assert.deepEqual(firstBytes(path, (await cache(path, fake(9).source)).photos.values()), [
      ...Array(9).keys(),
    ]);
  }));

Deno.test("cachePhotos() does not take another error for damage", () =>
  withFolder(async (folder) => {
    const buggy = fake(2, { decode: () => Promise.reject(new TypeError("bug")) }).source;
    await assert.rejects(() => cache(join(folder, "x"), buggy, { skipBroken: true }), TypeError);
  }));

Deno.test("two processes that cache the same photos decode each once", () =>
  withFolder(async (folder) => {
    const [one, other] = [fake(10), fake(10)];
    const path = join(folder, "cache");
    const found = await Promise.all([cache(path, one.source), cache(path, other.source)]);
    assert.equal(one.decoded.length + other.decoded.length, 10);
    assert.deepEqual(found[0].photos, found[1].photos);
  }));

Deno.test("a cache with a flipped bit or a cut end gives the right images or an error", () =>
  withFolder(async (folder) => {
    const path = join(folder, "cache");
    await cache(path, fake(5).source);
    const original = {
      index: Deno.readFileSync(`${path}.index`),
      pixels: Deno.readFileSync(`${path}.pixels`),
    };
    let read = 0;
    for (let i = 0; i < 60; i++) {
      const random = randomStream("cache", i);
      const file = i % 2 ? "index" : "pixels";
      const at = random.integer(original[file].length);
      const bytes = i % 3
        ? original[file].with(at, original[file][at] ^ 1 << random.integer(8))
        : original[file].subarray(0, at);
      for (const [name, content] of Object.entries({ ...original, [file]: bytes })) {
        writeFile(`${path}.${name}`, content);
      }
      const { photos } = await cache(path, fake(5).source);
      try {
        assert.deepEqual(firstBytes(path, photos.values()), [0, 1, 2, 3, 4]);
        read++;
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, /image cache.*damaged, or/);
      }
    }
    assert.ok(read > 20 && read < 60, `${read}`);
  }));

Deno.test({
  name: "cachePhotos() says where there is no space or no permission",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withFolder(async (folder) => {
      Deno.symlinkSync("/dev/full", join(folder, "cache.pixels"));
      await assert.rejects(() => cache(join(folder, "cache"), fake(3).source), naming("cache", "no space"));
      writeFile(join(folder, "file"), "");
      await assert.rejects(
        () => cache(join(folder, "file/cache"), fake(3).source),
        naming("a file where a folder is needed"),
      );
    });
    // A place where not even the system's administrator may write.
    await assert.rejects(
      () => cache("/sys/lwm/cache", fake(3).source),
      (error) => error instanceof UserError && /permission|read-only/.test(error.message),
    );
  },
});
