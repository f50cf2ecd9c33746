import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { pngDataUri } from "./png.ts";

const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37 + (i % 11) * 19) % 256);

Deno.test("pngDataUri() holds a file that another decoder reads back to the same pixels", async () => {
  const file = Buffer.from(pngDataUri(pixels, 7, 5).replace("data:image/png;base64,", ""), "base64");
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [7, 5, 3]);
  assert.deepEqual(Uint8Array.from(data), pixels);
});

Deno.test("pngDataUri() throws on a wrong number of pixels", () => {
  assert.throws(() => pngDataUri(pixels, 7, 6), /Expected 7 × 6 × 3 = 126 bytes of pixels but found 105/);
});
