import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { boxInSquare, DamagedPhotoError, decodePhoto } from "./decode.ts";
import { jpeg } from "./testdata/photo_fixtures.ts";

/** Left half red, right half blue. */
const halves = sharp({ create: { width: 40, height: 20, channels: 3, background: { r: 255, g: 0, b: 0 } } })
  .composite([{
    input: { create: { width: 20, height: 20, channels: 3, background: { r: 0, g: 0, b: 255 } } },
    left: 20,
    top: 0,
  }]).png().toBuffer();

function pixel(pixels: Uint8Array, size: number, x: number, y: number): number[] {
  return [...pixels.subarray(3 * (y * size + x), 3 * (y * size + x) + 3)];
}

function assertNear(actual: number[], expected: number[], tolerance: number): void {
  const near = actual.length === expected.length &&
    actual.every((x, i) => Math.abs(x - expected[i]) <= tolerance);
  assert.ok(near, `expected about ${expected} but found ${actual}`);
}

Deno.test("decodePhoto() scales the shorter side and keeps the middle", async () => {
  const { pixels, box } = await decodePhoto(await halves, 10, "photo.png");
  assert.equal(pixels.length, 300);
  assert.equal(box, undefined);
  assertNear(pixel(pixels, 10, 1, 5), [255, 0, 0], 2);
  assertNear(pixel(pixels, 10, 8, 5), [0, 0, 255], 2);
});

Deno.test("decodePhoto() turns a photo as its camera says", async () => {
  // Orientation 6: what is stored as the left edge is the top.
  const turned = await sharp(await halves).jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
    .withMetadata({ orientation: 6 }).toBuffer();
  const { pixels } = await decodePhoto(turned, 10, "photo.jpg");
  assertNear(pixel(pixels, 10, 5, 1), [255, 0, 0], 12);
  assertNear(pixel(pixels, 10, 5, 8), [0, 0, 255], 12);
});

Deno.test("decodePhoto() makes RGB of grey, CMYK, alpha, palettes and 16 bits", async () => {
  const grey = sharp(await jpeg(3)).greyscale();
  const level = (await grey.clone().raw().toBuffer())[0];
  const clear = sharp({
    create: { width: 9, height: 9, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0.5 } },
  });
  const photos: [string, Uint8Array, number[]][] = [
    ["grey", await grey.clone().jpeg().toBuffer(), [level, level, level]],
    ["16 bits", await grey.clone().toColorspace("grey16").png().toBuffer(), [level, level, level]],
    ["alpha", await clear.clone().png().toBuffer(), [228, 128, 128]],
    ["palette", await clear.clone().png({ palette: true }).toBuffer(), [228, 128, 128]],
    ["WebP", await clear.clone().webp({ lossless: true }).toBuffer(), [228, 128, 128]],
    // Without an ink profile of its own the colors shift a little.
    ["CMYK", await sharp(await jpeg(3)).toColorspace("cmyk").jpeg().toBuffer(), [111, 219, 197]],
  ];
  for (const [name, bytes, expected] of photos) {
    const { pixels } = await decodePhoto(bytes, 4, name);
    assert.equal(pixels.length, 48, name);
    assertNear(pixel(pixels, 4, 2, 2), expected, name === "CMYK" ? 60 : 4);
  }
});

Deno.test("decodePhoto() throws on what is no photo, or half of one, and names the file", async () => {
  const whole = await jpeg(5, 200, 150);
  const wrong: [string, Uint8Array][] = [
    ["empty.jpg", new Uint8Array()],
    ["text.jpg", new TextEncoder().encode("I am no photo.")],
    [
      "drawing.png",
      new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ["half.jpg", whole.subarray(0, whole.length / 2)],
    ["almost.jpg", whole.subarray(0, whole.length - 20)],
    ["header.png", (await halves).subarray(0, 30)],
  ];
  for (const [name, bytes] of wrong) {
    await assert.rejects(
      () => decodePhoto(bytes, 8, `photos/${name}`),
      (error) => error instanceof DamagedPhotoError && error.message.includes(`"photos/${name}"`),
      name,
    );
  }
});

Deno.test("decodePhoto() says of an image that is too large that it is", async () => {
  const bytes = Uint8Array.from(await halves);
  const header = new DataView(bytes.buffer);
  for (const at of [16, 20]) header.setUint32(at, 17_000); // width and height
  header.setUint32(29, crc32(bytes.subarray(12, 29)));
  await assert.rejects(decodePhoto(bytes, 8, "giant.png"), {
    message: /in "giant.png" but found one of 17000 × 17000 pixels, more than 268 million; replace the file/,
  });
});

Deno.test("decodePhoto() moves the box with the pixels", async () => {
  const bytes = await halves;
  const { box } = await decodePhoto(bytes, 10, "photo.png", { left: 10, top: 4, width: 10, height: 8 });
  assert.deepEqual(box, { left: 0, top: 2, width: 5, height: 4 });
});

Deno.test("boxInSquare() cuts the box off at the edges", () => {
  assert.deepEqual(boxInSquare({ left: 0, top: 0, width: 40, height: 20 }, 40, 20, 20), {
    left: 0,
    top: 0,
    width: 20,
    height: 20,
  });
  assert.equal(boxInSquare({ left: 0, top: 0, width: 5, height: 5 }, 40, 20, 20).width, 0);
});
