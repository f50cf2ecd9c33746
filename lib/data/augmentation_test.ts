import assert from "node:assert/strict";
import { randomStream } from "../random.ts";
import {
  cropAndFlip,
  type Drawing,
  makeDrawing,
  paintBackground,
  paintOver,
  placeDrawing,
  type Placement,
  randomPlacement,
} from "./augmentation.ts";

const UPRIGHT: Placement = { scale: 1, angle: 0, shift: [0, 0], mirrored: false };

function randomBytes(count: number, ...keys: string[]): Uint8Array {
  const random = randomStream("test", ...keys);
  return Uint8Array.from({ length: count }, () => random.integer(256));
}

/** A drawing whose opaque pixels are where `ink` says so. */
function inked(side: number, ink: (x: number, y: number) => boolean): Drawing {
  const rgba = new Uint8Array(side * side * 4);
  for (let i = 0; i < side * side; i++) {
    if (ink(i % side, Math.floor(i / side))) rgba.fill(255, 4 * i, 4 * i + 4);
  }
  return makeDrawing(side, rgba);
}

/** (size, size) alpha of a drawing in its place. */
function alphaOf(drawing: Drawing, placement: Placement, size: number): number[] {
  const placed = new Float32Array(size * size * 4);
  placeDrawing(drawing, placement, size, placed);
  return Array.from({ length: size * size }, (_, i) => placed[4 * i + 3]);
}

function center(alpha: number[], size: number): [x: number, y: number] {
  const total = alpha.reduce((sum, a) => sum + a, 0);
  const mean = (of: (i: number) => number) => alpha.reduce((sum, a, i) => sum + a * of(i), 0) / total;
  return [mean((i) => i % size + 0.5) / size, mean((i) => Math.floor(i / size) + 0.5) / size];
}

function assertNear(found: readonly number[], expected: readonly number[], tolerance: number) {
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(found[i] - value) <= tolerance, `expected ${expected} but found ${found}`);
  }
}

Deno.test("makeDrawing() halves by means of 2×2 pixels", () => {
  const rgba = randomBytes(8 * 8 * 4, "halve");
  const { side, pixels } = makeDrawing(8, rgba, 3);
  assert.equal(side, 2);
  const block = [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3].map((x) => rgba[(y * 8 + x) * 4]));
  assertNear([pixels[(1 * 4 + 1) * 4]], [block.reduce((sum, value) => sum + value, 0) / 16], 1);
});

Deno.test("placeDrawing() averages the pixels that an image's pixel covers", () => {
  const rgba = randomBytes(8 * 8 * 4, "average");
  const placed = new Float32Array(4 * 4 * 4);
  placeDrawing(makeDrawing(8, rgba), UPRIGHT, 4, placed);
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 4; x++) {
      for (let c = 0; c < 4; c++) {
        const corners = [[0, 0], [1, 0], [0, 1], [1, 1]];
        const mean = corners.reduce(
          (sum, [i, j]) => sum + rgba[((2 * y + j) * 8 + 2 * x + i) * 4 + c] / 4,
          0,
        );
        assertNear([placed[(y * 4 + x) * 4 + c]], [mean], 1e-4);
      }
    }
  }
});

Deno.test("placeDrawing() scales, shifts, turns to the right and mirrors", () => {
  const size = 32;
  const full = inked(64, () => true);
  const area = alphaOf(full, { ...UPRIGHT, scale: 0.5 }, size).reduce((sum, a) => sum + a / 255, 0);
  assertNear([area / size ** 2], [0.25], 0.01);
  assertNear(
    center(alphaOf(full, { ...UPRIGHT, scale: 0.5, shift: [0.1, -0.2] }, size), size),
    [0.6, 0.3],
    0.01,
  );

  const topRight = inked(64, (x, y) => x >= 32 && y < 16); // its center is at (0.75, 0.125)
  const where = (change: Partial<Placement>) =>
    center(alphaOf(topRight, { ...UPRIGHT, ...change }, size), size);
  assertNear(where({}), [0.75, 0.125], 0.01);
  assertNear(where({ mirrored: true }), [0.25, 0.125], 0.01);
  assertNear(where({ angle: Math.PI / 2 }), [0.875, 0.75], 0.01);
  assertNear(where({ angle: Math.PI / 2, mirrored: true }), [0.875, 0.25], 0.01);
  assertNear(where({ scale: 0.5, shift: [0.25, 0.25] }), [0.875, 0.5625], 0.01);
});

Deno.test("randomPlacement() keeps to its ranges and uses them", () => {
  const random = randomStream("test", "placements");
  const all = Array.from({ length: 2000 }, () => randomPlacement(random));
  const range = (values: number[]) => [Math.min(...values), Math.max(...values)];
  assertNear(range(all.map(({ scale }) => scale)), [0.55, 0.95], 0.005);
  assertNear(range(all.map(({ angle }) => angle * 180 / Math.PI)), [-20, 20], 0.2);
  for (const { scale, shift } of all) assert.ok(Math.max(...shift.map(Math.abs)) <= (1 - scale) / 2);
  assertNear([all.filter(({ mirrored }) => mirrored).length / all.length], [0.5], 0.05);
});

Deno.test("paintBackground() is soft, and different each time", () => {
  const size = 32;
  const image = (key: string) => {
    const target = new Uint8Array(size * size * 3);
    paintBackground(randomStream("test", key), size, target);
    return target;
  };
  assert.deepEqual(image("a"), image("a"));
  assert.notDeepEqual(image("a"), image("b"));
  for (const key of ["a", "b", "c", "d"]) {
    const pixels = image(key);
    for (let i = 3; i < pixels.length; i++) {
      if (i % (3 * size) >= 3) {
        assert.ok(Math.abs(pixels[i] - pixels[i - 3]) <= 16, "a step between two pixels");
      }
    }
  }
});

Deno.test("paintOver() shows the background through what is not opaque", () => {
  const target = Uint8Array.of(100, 110, 120, 100, 110, 120, 100, 110, 120);
  const placed = Float32Array.of(0, 0, 0, 0, 100, 50, 0, 127.5, 1, 2, 255, 255);
  paintOver(placed, target);
  assert.deepEqual([...target], [100, 110, 120, 150, 105, 60, 1, 2, 255]);
});

Deno.test("cropAndFlip() without padding mirrors half of the images and changes nothing else", () => {
  const size = 5;
  const source = randomBytes(size * size * 3, "flip");
  const mirrored = Uint8Array.from(source, (_, i) => {
    const pixel = Math.floor(i / 3), x = pixel % size;
    return source[(pixel - x + size - 1 - x) * 3 + i % 3];
  });
  const random = randomStream("test", "flips");
  let flips = 0;
  for (let i = 0; i < 200; i++) {
    const target = new Uint8Array(source.length);
    cropAndFlip(source, size, 0, random, target);
    const flipped = target.some((byte, j) => byte !== source[j]);
    if (flipped) flips++;
    assert.deepEqual(target, flipped ? mirrored : source);
  }
  assert.ok(flips > 70 && flips < 130, `${flips} of 200`);
});

Deno.test("cropAndFlip() reaches every shift up to the padding and fills with black", () => {
  const size = 7, padding = 2;
  const source = new Uint8Array(size * size);
  source[3 * size + 3] = 200; // the middle, which mirroring leaves in place
  source[0] = source[size - 1] = 100; // the two upper corners
  const seen = new Set<string>();
  const random = randomStream("test", "crops");
  for (let i = 0; i < 1000; i++) {
    const target = new Uint8Array(source.length).fill(77);
    cropAndFlip(source, size, padding, random, target);
    const middle = target.indexOf(200);
    seen.add(`${middle % size - 3} ${Math.floor(middle / size) - 3}`);
    assert.ok(target.every((byte) => byte !== 77));
  }
  assert.equal(seen.size, (2 * padding + 1) ** 2);
});
