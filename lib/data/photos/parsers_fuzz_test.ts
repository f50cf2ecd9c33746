/**
 * Mutated input for everything that parses a text. Whatever comes, a parser either throws a UserError or
 * returns what a second, independent reading of the same input says.
 */

import assert from "node:assert/strict";
import { type RandomStream, randomStream } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import { parseLabelNames } from "./cifar.ts";
import { type CubIndexFiles, parseCubIndex } from "./cub.ts";
import { parseSolution } from "./imagenet.ts";
import { cifarNames, cubIndex } from "./testdata/photo_fixtures.ts";

/** Changes a few bytes: flips, replaces, cuts out, repeats, moves or cuts off. */
function mutate(bytes: Uint8Array, random: RandomStream): Uint8Array {
  let mutant = [...bytes];
  for (let changes = 1 + random.integer(3); changes > 0 && mutant.length > 0; changes--) {
    const at = random.integer(mutant.length);
    const to = Math.min(mutant.length, at + 1 + random.integer(12));
    switch (random.integer(7)) {
      case 0:
        mutant[at] ^= 1 << random.integer(8);
        break;
      case 1:
        mutant[at] = random.integer(256);
        break;
      case 2:
        // Digits, separators and line ends: more often still a well-formed file.
        mutant[at] = "0123456789 .,\n/-".charCodeAt(random.integer(16));
        break;
      case 3:
        mutant.splice(at, to - at);
        break;
      case 4:
        mutant.splice(at, 0, ...mutant.slice(at, to));
        break;
      case 5:
        mutant.splice(random.integer(mutant.length), 0, ...mutant.splice(at, to - at));
        break;
      case 6:
        mutant = mutant.slice(0, at);
    }
  }
  return Uint8Array.from(mutant);
}

function mutateText(text: string, random: RandomStream): string {
  return new TextDecoder().decode(mutate(new TextEncoder().encode(text), random));
}

/** @returns what `parse` returns; undefined if it throws a UserError. Other errors pass. */
function attempt<Result>(parse: () => Result): Result | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

Deno.test("parseLabelNames() survives 500 mutated files", () => {
  const text = cifarNames.join("\n") + "\n";
  for (let i = 0; i < 500; i++) {
    const mutant = mutateText(text, randomStream("names", i));
    const names = attempt(() => parseLabelNames(mutant, "fine_label_names.txt"));
    if (!names) continue;
    assert.equal(new Set(names).size, 100);
    assert.equal(names.join(), mutant.trim().split("\n").map((name) => name.trim()).join());
  }
});

Deno.test("parseCubIndex() survives 800 mutated indices", () => {
  const index = cubIndex();
  const files = Object.keys(index) as (keyof CubIndexFiles)[];
  let accepted = 0;
  for (let i = 0; i < 800; i++) {
    const random = randomStream("cub", i);
    const file = files[random.integer(3)];
    const mutant = { ...index, [file]: mutateText(index[file], random) };
    const photos = attempt(() => parseCubIndex(mutant, "cub"));
    if (!photos) continue;
    accepted++;
    const read = (text: string) =>
      new Map(
        text.trim().split("\n").map((line) => line.trim().split(" ")).map(([id, ...rest]) => [id, rest]),
      );
    const [labels, boxes] = [read(mutant.labels), read(mutant.boxes)];
    const expected = [...read(mutant.images)].map(([id, [path]]) => ({
      path,
      className: path.slice(path.indexOf(".") + 1, path.indexOf("/")),
      label: Number(labels.get(id)![0]),
      box: boxes.get(id)!.map(Number),
    }));
    assert.deepEqual(
      photos.map(({ box, ...photo }) => ({ ...photo, box: [box.left, box.top, box.width, box.height] })),
      expected,
    );
    assert.ok(
      photos.every(({ path, label }) => Number(path.split(".")[0]) === label && !path.includes("..")),
    );
  }
  assert.ok(accepted > 0 && accepted < 500, `${accepted} accepted`);
});

Deno.test("parseSolution() survives 500 mutated lists", () => {
  const text = "ImageId,PredictionString\n" +
    Array.from({ length: 12 }, (_, i) => `ILSVRC2012_val_${i},n0144076${i % 10} 1 2 3 4 \n`).join("");
  for (let i = 0; i < 500; i++) {
    const mutant = mutateText(text, randomStream("solution", i));
    const labels = attempt(() => parseSolution(mutant, "list.csv"));
    if (!labels) continue;
    const lines = mutant.trimEnd().split("\n").slice(1).map((line) => line.split(/[ ,]/));
    assert.deepEqual([...labels], lines.map(([image, id]) => [image, id]));
    assert.ok([...labels.values()].every((id) => /^n\d{8}$/.test(id)));
  }
});
