import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { encodePng, pngDataUri } from "./png.ts";

const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37 + (i % 11) * 19) % 256);

Deno.test("encodePng() writes a file that another decoder reads back to the same pixels", async () => {
  const { data, info } = await sharp(encodePng(pixels, 7, 5)).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [7, 5, 3]);
  assert.deepEqual(Uint8Array.from(data), pixels);
});

Deno.test("encodePng() throws on a wrong number of pixels", () => {
  assert.throws(() => encodePng(pixels, 7, 6), /Expected 7 × 6 × 3 = 126 bytes of pixels but found 105/);
});

Deno.test("pngDataUri() holds the file in base 64", () => {
  const uri = pngDataUri(pixels, 7, 5);
  const bytes = Buffer.from(uri.replace("data:image/png;base64,", ""), "base64");
  assert.deepEqual(Uint8Array.from(bytes), Uint8Array.from(encodePng(pixels, 7, 5)));
});
