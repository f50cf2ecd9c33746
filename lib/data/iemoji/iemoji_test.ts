import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import { loadIEmoji, prepareIEmoji } from "./iemoji.ts";
import { IEMOJI_ARTISTS, IEMOJI_TEST_ARTISTS } from "./artists.ts";
import { readDrawingCache, writeDrawingCache } from "./cache.ts";
import { drawingAsSvg } from "./render.ts";
import type { Dataset, ImageSet } from "../image_set.ts";

const directory = await Deno.makeTempDir({ prefix: "iemoji-" });
const path = join(directory, "drawings.bin");
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

/** Rendered by whichever test comes first. */
let loaded: Promise<Dataset> | undefined;
function dataset(): Promise<Dataset> {
  return loaded ??= loadIEmoji({ directory });
}

function read(set: ImageSet, image: number, view = 0): Uint8Array {
  const target = new Uint8Array(set.size * set.size * 3);
  set.read(image, view, target);
  return target;
}

function mask(set: ImageSet, image: number, view = 0): Uint8Array {
  const target = new Uint8Array(set.size * set.size);
  set.readMask!(image, view, target);
  return target;
}

async function withCopyOfCache(
  change: (bytes: Uint8Array) => Uint8Array,
  check: (copy: string) => Promise<void>,
) {
  await dataset();
  const copy = await Deno.makeTempDir({ prefix: "iemoji-" });
  try {
    await Deno.writeFile(join(copy, "drawings.bin"), change(await Deno.readFile(path)));
    await check(copy);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

async function sha256(file: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(file)).digest("hex");
}

async function assertUserError(promise: Promise<unknown>, message: RegExp) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("loadIEmoji() renders 100 classes by 8 artists, with its progress, when there is no file", async () => {
  const calls: number[] = [];
  loaded ??= loadIEmoji({ directory, onProgress: (done, total) => calls.push(done, total) });
  const { classNames, imageSize, mean, std } = await loaded;
  assert.deepEqual([classNames.length, imageSize, IEMOJI_ARTISTS.length], [100, 32, 8]);
  assert.deepEqual([calls[0], calls[1], calls.at(-2), calls.length], [1, 800, 800, 1600]);
  for (const value of [...mean, ...std]) assert.ok(value > 0.1 && value < 0.9);
});

Deno.test("prepareIEmoji() replaces a truncated file by the same bytes as ever", async () => {
  await withCopyOfCache((bytes) => bytes.subarray(0, 1_000_000), async (copy) => {
    await assertUserError(
      loadIEmoji({ directory: copy }),
      /Expected \d+ bytes of drawings in ".*" but found a file of 1000000 bytes in all; run `deno task data iemoji-100`/,
    );
    await prepareIEmoji({ directory: copy });
    assert.equal(await sha256(join(copy, "drawings.bin")), await sha256(path));
    assert.deepEqual([...Deno.readDirSync(copy)].map(({ name }) => name), ["drawings.bin"]);
  });
});

Deno.test("prepareIEmoji() renders nothing when the drawings are there", async () => {
  await dataset();
  const before = (await Deno.stat(path)).mtime;
  const calls: number[] = [];
  await prepareIEmoji({ directory, onProgress: (done, total) => calls.push(done, total) });
  assert.deepEqual(calls, [800, 800]);
  assert.deepEqual((await Deno.stat(path)).mtime, before);
});

Deno.test("loadIEmoji() throws on a file that is damaged, of another version, of other drawings, or another kind", async () => {
  const replace = (from: string, to: string) => (bytes: Uint8Array) => {
    const text = new TextDecoder("latin1").decode(bytes.subarray(0, 3000));
    assert.ok(text.includes(from));
    bytes.set(new TextEncoder().encode(text.replace(from, to)));
    return bytes;
  };
  const flip = (bytes: Uint8Array) => {
    bytes[9_000_000] ^= 1;
    return bytes;
  };
  const cases: [(bytes: Uint8Array) => Uint8Array, RegExp][] = [
    [flip, /but found others: the file is damaged; run/],
    [replace("0.5", "0.6"), /but found others: the file is damaged; run/],
    [
      replace("version 1,", "version 9,"),
      /Expected drawings in version 1 of the format in ".*" but found version 9; run/,
    ],
    [replace("iemoji-100", "iemoji-200"), /but found another kind of file; run/],
    [() => new Uint8Array(0), /but found another kind of file; run/],
    [() => new TextEncoder().encode("no newline"), /but found another kind of file; run/],
  ];
  for (const [change, message] of cases) {
    await withCopyOfCache(change, (copy) => assertUserError(loadIEmoji({ directory: copy }), message));
  }
});

Deno.test("writeDrawingCache() says what to do when it cannot write", async () => {
  await dataset();
  const cache = { mean: [0, 0, 0], std: [1, 1, 1], pixels: new Uint8Array(4) } as const;
  await assertUserError(
    writeDrawingCache(join(path, "below-a-file", "drawings.bin"), cache),
    /Could not write the drawings of iEmoji-100 .* a part of the path is a file/,
  );
});

Deno.test("loadIEmoji() throws on an impossible size", async () => {
  for (const size of [15, 65, 32.5, NaN]) {
    await assertUserError(loadIEmoji({ directory, size }), new RegExp(`from 16 to 64 but found ${size};`));
  }
});

Deno.test("drawingAsSvg() follows aliases and takes sizes from the icon, else from the set", () => {
  const set = {
    width: 36,
    height: 24,
    icons: { own: { body: "<a/>", left: 1, top: 2, width: 3 }, plain: { body: "<b/>" } },
    aliases: { one: { parent: "two" }, two: { parent: "own" }, broken: { parent: "nowhere" } },
  };
  assert.match(drawingAsSvg(set, "one"), /width="64" height="64" viewBox="1 2 3 24"><a\/><\/svg>$/);
  assert.match(drawingAsSvg(set, "plain"), /viewBox="0 0 36 24"><b\/>/);
  assert.throws(() => drawingAsSvg(set, "broken"), /no drawing named broken/);
});

Deno.test("each split has the images that the data card says, class by class", async () => {
  const { open } = await dataset();
  const options = { seed: 1, views: 40 };
  for (
    const [split, imagesPerClass, views] of [["train", 6, 40], ["validation", 60, 1], [
      "test",
      20,
      1,
    ]] as const
  ) {
    const set = open(split, [7, 3], options);
    assert.deepEqual([set.count, set.views, set.size], [2 * imagesPerClass, views, 32]);
    assert.deepEqual([...set.labels], [7, 3].flatMap((id) => Array(imagesPerClass).fill(id)));
  }
  assert.equal(open("test", [], options).count, 0);
  assert.throws(() => open("train", [100], options), /class ids of iEmoji-100 from 0 to 99 but found 100/);
  assert.throws(() => open("train", [0], { seed: 1, views: 0 }), /views of a training image to be 1 or more/);
  assert.throws(() => open("train", [0], options).read(6, 0, new Uint8Array(3072)), RangeError);
  assert.throws(() => open("train", [0], options).read(0, 40, new Uint8Array(3072)), RangeError);
});

Deno.test("a training image depends on seed, class, artist and view alone", async () => {
  const { open } = await dataset();
  const set = open("train", [3, 7], { seed: 1, views: 5 });
  assert.deepEqual(read(set, 8, 4), read(open("train", [7], { seed: 1, views: 9 }), 2, 4));
  assert.notDeepEqual(read(set, 8, 4), read(set, 8, 3));
  assert.notDeepEqual(read(set, 8, 4), read(set, 9, 4));
  assert.notDeepEqual(read(set, 8, 4), read(open("train", [7], { seed: 2, views: 5 }), 2, 4));
  const order = [0, 5, 11].map((i) => read(set, i, 1)); // reading one leaves no trace in the next
  assert.deepEqual([11, 5, 0].map((i) => read(set, i, 1)).reverse(), order);
});

Deno.test("test and validation images are the same in every run, and none of them is a training image", async () => {
  const { open } = await dataset();
  for (const split of ["validation", "test"] as const) {
    const one = open(split, [12], { seed: 1, views: 40 }), other = open(split, [12], { seed: 2, views: 1 });
    const images = Array.from({ length: one.count }, (_, i) => read(one, i).join());
    assert.deepEqual(images, Array.from({ length: one.count }, (_, i) => read(other, i).join()));
    assert.equal(new Set(images).size, one.count);
    // 0 is the seed of the evaluation images.
    const train = open("train", [12], { seed: 0, views: 10 });
    for (let i = 0; i < train.count; i++) {
      for (let view = 0; view < train.views; view++) assert.ok(!images.includes(read(train, i, view).join()));
    }
  }
});

Deno.test("held out for tuning, noto is in validation and not in training", async () => {
  await dataset();
  const { open } = await loadIEmoji({ directory, holdOut: true });
  const all = await dataset();
  const options = { seed: 1, views: 1 };
  const train = open("train", [20], options), trainAll = all.open("train", [20], options);
  const validation = open("validation", [20], options), validationAll = all.open("validation", [20], options);
  assert.deepEqual([train.count, validation.count], [5, 10]);
  // noto is the first of the artists.
  for (let i = 0; i < 5; i++) assert.deepEqual(read(train, i), read(trainAll, i + 1));
  for (let i = 0; i < 10; i++) assert.deepEqual(read(validation, i), read(validationAll, i));
  assert.equal(IEMOJI_ARTISTS[0].name, "noto");
  assert.ok(!IEMOJI_TEST_ARTISTS.includes("noto"));
  assert.deepEqual(read(open("test", [20], options), 3), read(all.open("test", [20], options), 3));
});

Deno.test("no drawing of a test artist is a copy of one that is trained on", async () => {
  await dataset();
  const { pixels } = (await readDrawingCache(path))!;
  const bytes = 64 * 64 * 4;
  const drawing = (artist: string, classId: number) => {
    const start = (IEMOJI_ARTISTS.findIndex(({ name }) => name === artist) * 100 + classId) * bytes;
    return pixels.subarray(start, start + bytes);
  };
  const others = IEMOJI_ARTISTS.map(({ name }) => name).filter((name) => !IEMOJI_TEST_ARTISTS.includes(name));
  for (let classId = 0; classId < 100; classId++) {
    for (const artist of IEMOJI_TEST_ARTISTS) {
      const test = drawing(artist, classId);
      for (const other of others) {
        const train = drawing(other, classId);
        const difference = test.reduce((sum, byte, i) => sum + Math.abs(byte - train[i]), 0) / bytes;
        assert.ok(difference > 8, `${classId} by ${artist} and ${other} differ by ${difference} of 255`);
      }
    }
  }
});

Deno.test("a mask is where the drawing is", async () => {
  const { open, classNames } = await dataset();
  const set = open("train", classNames.map((_, id) => id), { seed: 1, views: 2 });
  let inside = 0;
  for (let image = 0; image < set.count; image += 7) {
    const pixels = read(set, image, 1), alpha = mask(set, image, 1);
    assert.ok(Math.max(...alpha) > 200);
    inside += alpha.reduce((sum, a) => sum + a / 255, 0) / alpha.length / Math.ceil(set.count / 7);
    // Outside the object there is only the background, which changes slowly.
    for (let i = 1; i < alpha.length; i++) {
      if (i % set.size === 0 || alpha[i] + alpha[i - 1] > 0) continue;
      for (let c = 0; c < 3; c++) assert.ok(Math.abs(pixels[3 * i + c] - pixels[3 * (i - 1) + c]) <= 16);
    }
  }
  assert.ok(inside > 0.15 && inside < 0.6, `objects cover ${inside} of the images`);
});

Deno.test("images of other sizes show the same placement", async () => {
  const { open } = await dataset();
  const options = { seed: 1, views: 1 };
  const middle = (alpha: Uint8Array, size: number) => {
    let x = 0, y = 0, total = 0;
    alpha.forEach((a, i) => (x += a * (i % size + 0.5), y += a * (Math.floor(i / size) + 0.5), total += a));
    return [x / total / size, y / total / size];
  };
  const expected = middle(mask(open("train", [0], options), 2), 32);
  for (const size of [16, 24, 64]) {
    const found = middle(mask((await loadIEmoji({ directory, size })).open("train", [0], options), 2), size);
    for (const axis of [0, 1]) {
      assert.ok(Math.abs(found[axis] - expected[axis]) < 0.01, `${found} ${expected}`);
    }
  }
});
