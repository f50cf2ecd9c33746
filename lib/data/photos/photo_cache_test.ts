import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import { DamagedPhotoError } from "./decode.ts";
import { folderSource } from "./folder.ts";
import { readCachedImages, readPhotoIndex, writePhotoCache } from "./photo_cache.ts";
import type { PhotoSource } from "./photo_source.ts";
import { naming, withFolder, writeClassFolders, writeFile } from "./testdata/photo_fixtures.ts";

const SIZE = 4;

/** A source whose photo i has only bytes i; photos in `broken` cannot be decoded. */
function source(count: number, broken: number[] = []): PhotoSource {
  return {
    name: "test",
    classNames: ["ant", "bee"],
    photos: Array.from({ length: count }, (_, i) => ({ name: `${i}.jpg`, classId: i % 2 })),
    fingerprint: `${count} photos`,
    async decode(photo, size) {
      // The later a photo, the sooner it is there.
      await new Promise((resolve) => setTimeout(resolve, 10 * (count - photo) % 7));
      if (broken.includes(photo)) throw new DamagedPhotoError(`"${photo}.jpg" is broken`);
      return { pixels: new Uint8Array(3 * size * size).fill(photo) };
    },
  };
}

Deno.test("readCachedImages() gives back what writePhotoCache() wrote, in the order asked for", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "deep", "cache.photos");
    const progress: number[] = [];
    await writePhotoCache(path, source(20), { imageSize: SIZE, onProgress: (done) => progress.push(done) });
    assert.deepEqual(progress, Array.from({ length: 20 }, (_, i) => i + 1));

    const index = readPhotoIndex(path)!;
    assert.equal(index.fingerprint, "20 photos");
    assert.equal(index.imageSize, SIZE);
    assert.deepEqual(index.photos.map(({ name }) => name), source(20).photos.map(({ name }) => name));
    assert.deepEqual(index.photos[3].sum, [48, 48, 48]);
    assert.deepEqual(index.photos[3].squares, [144, 144, 144]);

    const target = new Uint8Array(3 * 3 * SIZE * SIZE);
    readCachedImages(path, index, [17, 0, 4], target);
    assert.deepEqual([target[0], target[48], target[96], target[143]], [17, 0, 4, 4]);
    assert.deepEqual([...Deno.readDirSync(join(folder, "deep"))].map((entry) => entry.name), [
      "cache.photos",
    ]);
  });
});

Deno.test("writePhotoCache() throws on a broken photo and leaves the old cache as it was", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache.photos");
    await writePhotoCache(path, source(3), { imageSize: SIZE });
    await assert.rejects(
      () => writePhotoCache(path, source(9, [4, 6]), { imageSize: SIZE }),
      /"4\.jpg" is broken/,
    );
    assert.equal(readPhotoIndex(path)?.photos.length, 3);
    assert.equal([...Deno.readDirSync(folder)].length, 1);
  });
});

Deno.test("writePhotoCache() leaves out broken photos where it may, and lists them", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache.photos");
    await writePhotoCache(path, source(9, [0, 4, 8]), { imageSize: SIZE, skipBroken: true });
    const index = readPhotoIndex(path)!;
    assert.deepEqual(index.skipped.map(({ name }) => name), ["0.jpg", "4.jpg", "8.jpg"]);
    assert.match(index.skipped[1].reason, /"4\.jpg" is broken/);
    const target = new Uint8Array(3 * SIZE * SIZE);
    readCachedImages(path, index, [3], target);
    assert.equal(target[0], 5);
  });
});

Deno.test("writePhotoCache() does not take a photo that cannot be read for a broken one", async () => {
  await withFolder(async (folder) => {
    await writeClassFolders(join(folder, "photos"), { ant: 3 });
    const source = folderSource(join(folder, "photos"), { seed: 1 });
    Deno.removeSync(join(folder, "photos/ant/image_0002.jpg"));
    await assert.rejects(
      () => writePhotoCache(join(folder, "cache.photos"), source, { imageSize: SIZE, skipBroken: true }),
      naming("image_0002.jpg", "no such file"),
    );
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["photos"]);
  });
});

Deno.test("writePhotoCache() does not take a bug for a broken photo", async () => {
  await withFolder(async (folder) => {
    const buggy = { ...source(2), decode: () => Promise.reject(new TypeError("bug")) };
    await assert.rejects(
      () => writePhotoCache(join(folder, "x"), buggy, { imageSize: SIZE, skipBroken: true }),
      TypeError,
    );
  });
});

Deno.test("readPhotoIndex() takes no file, another version and a cut file for no cache", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache.photos");
    assert.equal(readPhotoIndex(path), undefined);
    await writePhotoCache(path, source(3), { imageSize: SIZE });
    const bytes = Deno.readFileSync(path);
    for (const cut of [0, 10, 63, 64, 100, bytes.length - 1]) {
      writeFile(path, bytes.subarray(0, cut));
      assert.equal(readPhotoIndex(path), undefined, `${cut} bytes`);
    }
    writeFile(path, bytes.with(8, bytes[8] + 1));
    assert.equal(readPhotoIndex(path), undefined);
  });
});

Deno.test("readCachedImages() throws where the cache was changed or removed meanwhile", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache.photos");
    await writePhotoCache(path, source(3), { imageSize: SIZE });
    const index = readPhotoIndex(path)!;
    const bytes = Deno.readFileSync(path);
    const target = new Uint8Array(3 * SIZE * SIZE);
    writeFile(path, bytes.with(64 + 48 + 5, 99));
    readCachedImages(path, index, [0], target);
    assert.throws(() => readCachedImages(path, index, [1], target), /"1\.jpg".*cache\.photos.*delete it/);
    Deno.removeSync(path);
    assert.throws(() => readCachedImages(path, index, [0], target), /cache\.photos.*no such file/);
  });
});

Deno.test({
  name: "writePhotoCache() says where there is no space or no permission",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withFolder(async (folder) => {
      const path = join(folder, "cache.photos");
      Deno.symlinkSync("/dev/full", `${path}.${Deno.pid}.partial`);
      await assert.rejects(
        () => writePhotoCache(path, source(3), { imageSize: SIZE }),
        (error) => error instanceof UserError && /cache\.photos.*no space/.test(error.message),
      );
      writeFile(join(folder, "file"), "");
      await assert.rejects(
        () => writePhotoCache(join(folder, "file/cache.photos"), source(3), { imageSize: SIZE }),
        (error) => error instanceof UserError && /cache\.photos.*there is a file/.test(error.message),
      );
    });
    // A place where not even the system's administrator may write.
    await assert.rejects(
      () => writePhotoCache("/sys/lwm/cache.photos", source(3), { imageSize: SIZE }),
      (error) => error instanceof UserError && /cache\.photos.*(permission|read-only)/.test(error.message),
    );
  },
});
