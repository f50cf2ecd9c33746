/**
 * Small data sets in the official layouts, for tests.
 * @module
 */
import { dirname, join } from "node:path";
import assert from "node:assert/strict";
import sharp from "sharp";
import { UserError } from "../../../user_error.ts";

export { withFolder } from "../../../testdata/folder.ts";

/** Writes a file and the folders above it. */
export function writeFile(path: string, content: string | Uint8Array): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
}

/** For `assert.throws()`: the error is the user's to mend, and its message has all these parts. */
export function naming(...parts: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof UserError, `${error}`);
    for (const part of parts) assert.ok(error.message.includes(part), `"${part}" in: ${error.message}`);
    return true;
  };
}

/** A color that depends on the number. */
export function color(number: number): { r: number; g: number; b: number } {
  return { r: number * 37 % 256, g: number * 73 % 256, b: number * 151 % 256 };
}

/** A JPEG of one color. */
export async function jpeg(number: number, width = 12, height = 9): Promise<Uint8Array> {
  return await sharp({ create: { width, height, channels: 3, background: color(number) } })
    .jpeg({ quality: 95 }).toBuffer();
}

/** `ROOT/CLASS/image_0001.jpg`, … */
export async function writeClassFolders(root: string, classes: Record<string, number>): Promise<void> {
  let number = 0;
  for (const [name, count] of Object.entries(classes)) {
    for (let i = 1; i <= count; i++) {
      writeFile(join(root, name, `image_${String(i).padStart(4, "0")}.jpg`), await jpeg(number++));
    }
  }
}

/**
 * The bytes of a CIFAR-100 file: `perClass` records of each of the 100 classes, in an order that mixes them.
 * @param shade tells files apart: green is the record's number and this
 */
export function cifarFile(perClass: number, shade = 0): Uint8Array {
  const bytes = new Uint8Array(100 * perClass * 3074);
  for (let record = 0; record < 100 * perClass; record++) {
    const fine = record * 7 % 100;
    bytes[record * 3074] = fine % 20;
    bytes[record * 3074 + 1] = fine;
    // Red is the class, green the record, blue the column.
    bytes.fill(fine, record * 3074 + 2, record * 3074 + 1026);
    bytes.fill((record + shade) % 256, record * 3074 + 1026, record * 3074 + 2050);
    for (let i = 0; i < 1024; i++) bytes[record * 3074 + 2050 + i] = i % 32;
  }
  return bytes;
}

/**
 * The names in `fine_label_names.txt`: one a line, with an empty line at the end, as in the official archive.
 */
export const cifarNames: string[] = Array.from(
  { length: 100 },
  (_, i) => `class_${String(i).padStart(2, "0")}`,
);

/** CIFAR-100's three files with 4 training images and 2 test images of each class. */
export function writeCifar(root: string): void {
  writeFile(join(root, "train.bin"), cifarFile(4));
  writeFile(join(root, "test.bin"), cifarFile(2, 1));
  writeFile(join(root, "fine_label_names.txt"), cifarNames.join("\n") + "\n\n");
}

/** The place of the n-th photo of {@linkcode writeCub}. */
export function cubPhoto(n: number): string {
  const folder =
    ["001.Black_footed_Albatross", "002.Laysan_Albatross", "003.Sooty_Albatross"][Math.floor(n / 5)];
  return `images/${folder}/${folder.slice(4)}_${String(n).padStart(4, "0")}.jpg`;
}

/** CUB-200-2011 with three classes of five photos each, of 40×20 pixels. */
export async function writeCub(root: string): Promise<void> {
  const lines = (line: (n: number) => string) =>
    Array.from({ length: 15 }, (_, n) => `${n + 1} ${line(n)}\n`).join("");
  writeFile(join(root, "images.txt"), lines((n) => cubPhoto(n).slice("images/".length)));
  writeFile(join(root, "bounding_boxes.txt"), lines((n) => `${5 + n}.0 2.0 8.0 4.0`));
  for (let n = 0; n < 15; n++) writeFile(join(root, cubPhoto(n)), await jpeg(n, 40, 20));
}

/** CUB-200-2011 with so many classes of one photo each, which are empty files. */
export function writeBirds(root: string, classes: number): void {
  const photos = Array.from(
    { length: classes },
    (_, i) => `${String(i + 1).padStart(3, "0")}.Bird_${i + 1}/a.jpg`,
  );
  writeFile(join(root, "images.txt"), photos.map((photo, i) => `${i + 1} ${photo}\n`).join(""));
  writeFile(join(root, "bounding_boxes.txt"), photos.map((_, i) => `${i + 1} 0.0 0.0 9.5 9.0\n`).join(""));
  for (const photo of photos) writeFile(join(root, "images", photo), "");
}

/**
 * ILSVRC with four classes, six training and two validation images each; `val` sorted into classes, or with
 * Kaggle's list.
 */
export async function writeImagenet(root: string, layout: "sorted" | "kaggle"): Promise<void> {
  const base = layout === "kaggle" ? join(root, "ILSVRC/Data/CLS-LOC") : root;
  let list = "ImageId,PredictionString\n";
  let number = 0;
  for (const id of ["n01440764", "n01443537", "n02123045", "n07720875"]) {
    for (let i = 0; i < 6; i++) writeFile(join(base, "train", id, `${id}_${i}.JPEG`), await jpeg(number++));
    for (let i = 0; i < 2; i++) {
      const image = `ILSVRC2012_val_${String(number).padStart(8, "0")}`;
      const folder = layout === "sorted" ? join("val", id) : "val";
      writeFile(join(base, folder, `${image}.JPEG`), await jpeg(number++));
      list += `${image},${id} 1 2 9 8 ${i > 0 ? `${id} 0 0 5 5 ` : ""}\n`;
    }
  }
  if (layout === "kaggle") writeFile(join(root, "LOC_val_solution.csv"), list);
}
