/**
 * 2,000 mutated files of CIFAR-100, whole ones, by the way that training takes: labels, then pixels.
 *
 * No parser can notice a pixel that was changed, images that were exchanged, labels of two images that were exchanged
 * (each is a valid label, and there are as many of each), another coarse label where a class has one image, or the loss
 * of as many images of each class. What can be noticed is told here by a reading of our own; the loader must refuse just
 * that, and give back all else byte for byte: every label, and the pixels of the first image that differs and of others.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type RandomStream, randomStream } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import { cifarSource } from "./cifar.ts";
import { cifarFile, withFolder, writeCifar } from "./testdata/photo_fixtures.ts";

const RECORD = 3074;

function concat(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Exchanges two ranges of the same length. */
function exchange(bytes: Uint8Array, a: number, b: number, length: number): Uint8Array {
  const exchanged = bytes.slice();
  exchanged.set(bytes.subarray(a, a + length), b);
  exchanged.set(bytes.subarray(b, b + length), a);
  return exchanged;
}

/** The ways in which a file is mutated; each may be harmless by chance. */
const mutations: Record<string, (file: Uint8Array, random: RandomStream) => Uint8Array> = {
  pixel: (file, random) => change(file, anyRecord(file, random) + 2 + random.integer(RECORD - 2), random),
  coarse: (file, random) => change(file, anyRecord(file, random), random),
  fine: (file, random) => change(file, anyRecord(file, random) + 1, random),
  "labels exchanged": (file, random) => exchange(file, anyRecord(file, random), anyRecord(file, random), 2),
  "fine labels exchanged": (file, random) =>
    exchange(file, anyRecord(file, random) + 1, anyRecord(file, random) + 1, 1),
  "records exchanged": (file, random) =>
    exchange(file, anyRecord(file, random), anyRecord(file, random), RECORD),
  "record lost": (file, random) => cut(file, anyRecord(file, random), RECORD),
  "record twice": (file, random) => concat(file, file.subarray(anyRecord(file, random)).subarray(0, RECORD)),
  "all twice": (file) => concat(file, file),
  "half lost": (file) => file.slice(0, file.length / 2),
  "bytes lost": (file, random) => cut(file, random.integer(file.length), 1 + random.integer(12)),
  "bytes twice": (file, random) => {
    const at = random.integer(file.length);
    return concat(file.subarray(0, at + 1 + random.integer(12)), file.subarray(at));
  },
  // The file keeps its length, and all that follows lies elsewhere.
  "bytes moved to the end": (file, random) => {
    const [at, length] = [random.integer(file.length - 12), 1 + random.integer(12)];
    return concat(cut(file, at, length), file.subarray(at, at + length));
  },
  "cut off": (file, random) => file.slice(0, random.integer(file.length)),
};

function anyRecord(file: Uint8Array, random: RandomStream): number {
  return random.integer(file.length / RECORD) * RECORD;
}

function change(file: Uint8Array, at: number, random: RandomStream): Uint8Array {
  return file.with(at, random.integer(2) === 0 ? file[at] ^ 1 << random.integer(8) : random.integer(256));
}

function cut(file: Uint8Array, at: number, length: number): Uint8Array {
  return concat(file.subarray(0, at), file.subarray(at + length));
}

/** Whether a file cannot be right: its length, a label out of range, a class of two kinds, or of another size. */
function isWrong(file: Uint8Array): boolean {
  if (file.length === 0 || file.length % RECORD !== 0) return true;
  const kinds = new Set<string>();
  const counts: Record<number, number> = {};
  for (let at = 0; at < file.length; at += RECORD) {
    const [coarse, fine] = file.subarray(at);
    if (coarse > 19 || fine > 99) return true;
    kinds.add(`${coarse} ${fine}`);
    counts[fine] = (counts[fine] ?? 0) + 1;
  }
  return kinds.size !== 100 || new Set(Object.values(counts)).size !== 1;
}

/** The first record that is not as it was. */
function firstChange(original: Uint8Array, mutant: Uint8Array): number {
  let at = 0;
  while (at < mutant.length - 1 && mutant[at] === original[at]) at++;
  return Math.floor(at / RECORD);
}

/** Compares all labels, and the pixels of one image in `file` and of `others`, with the bytes of the two files. */
async function assertSameAsFiles(
  root: string,
  bins: Record<string, Uint8Array>,
  [file, record]: [string, number],
  others: number[],
) {
  const source = cifarSource(root, { seed: 1 });
  assert.equal(source.photos.length, (bins["train.bin"].length + bins["test.bin"].length) / RECORD);
  assert.equal(new Set(source.photos.map(({ name }) => name)).size, source.photos.length);
  const places = source.photos.map(({ name, classId, split }) => {
    const [file, record] = name.split("/");
    const at = Number(record) * RECORD;
    assert.equal(file, `${split}.bin`);
    assert.ok(classId >= 0 && classId < 100);
    assert.equal(classId, bins[file][at + 1]);
    return { file, at };
  });
  const first = places.findIndex((place) => place.file === file && place.at === record * RECORD);
  for (const image of [first, ...others.map((i) => i % places.length)]) {
    const { pixels } = await source.decode(image, 32);
    assert.equal(pixels.length, RECORD - 2);
    const { file, at } = places[image];
    const wrong = pixels.findIndex((value, i) =>
      value !== bins[file][at + 2 + i % 3 * 1024 + Math.floor(i / 3)]
    );
    assert.equal(wrong, -1, `pixel ${wrong} of ${file} at ${at}`);
  }
}

Deno.test("cifarSource() survives 2,000 mutated files: it refuses what can be noticed, and nothing else", async () => {
  await withFolder(async (root) => {
    writeCifar(root);
    const original: Record<string, Uint8Array> = {
      // Two images and one of each class: half of the one is balanced still, half of the other is not.
      "train.bin": cifarFile(2),
      "test.bin": cifarFile(3).slice(200 * RECORD),
    };
    const results = { refused: new Set<string>(), accepted: new Set<string>() };
    const kinds = Object.keys(mutations);
    for (const [file, bytes] of Object.entries(original)) Deno.writeFileSync(join(root, file), bytes);
    for (let i = 0; i < 2000; i++) {
      const random = randomStream("cifar", i);
      const kind = kinds[i % kinds.length];
      const file = i < 1000 ? "train.bin" : "test.bin";
      if (i === 1000) Deno.writeFileSync(join(root, "train.bin"), original["train.bin"]);
      const mutant = mutations[kind](original[file], random);
      Deno.writeFileSync(join(root, file), mutant);
      const others = Array.from({ length: 3 }, () => random.integer(1e6));
      if (isWrong(mutant)) {
        results.refused.add(kind);
        assert.throws(() => cifarSource(root, { seed: 1 }), UserError, `mutant ${i}: ${kind} of ${file}`);
      } else {
        results.accepted.add(kind);
        await assertSameAsFiles(root, { ...original, [file]: mutant }, [
          file,
          firstChange(original[file], mutant),
        ], others);
      }
    }
    const hidden = ["pixel", "labels exchanged", "records exchanged", "all twice"];
    const sometimesHidden = ["coarse", "fine labels exchanged", "half lost"];
    assert.deepEqual(kinds.filter((kind) => !results.refused.has(kind)).sort(), hidden.sort());
    for (const kind of [...hidden, ...sometimesHidden]) assert.ok(results.accepted.has(kind), kind);
  });
});
