import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { composeFigure } from "./kit/svg.ts";
import { displayFigure, showFigure } from "./notebook.ts";

const figure = composeFigure({
  title: "A rectangle",
  body: { svg: '<rect width="50" height="20"/>', width: 50, height: 20 },
  description: "A black rectangle.",
});

Deno.test("displayFigure() holds a sharp picture to be shown at the figure's size, and its description", async () => {
  const { data, metadata } = await displayFigure(figure);
  assert.equal(data["text/plain"], "A black rectangle.");
  assert.deepEqual(metadata["image/png"], {
    width: figure.width,
    height: figure.height,
    alt: "A black rectangle.",
  });
  const picture = await sharp(Buffer.from(data["image/png"], "base64")).metadata();
  assert.deepEqual([picture.format, picture.width], ["png", 2 * figure.width]);
});

Deno.test("showFigure() does nothing outside of a notebook", async () => {
  assert.equal(await showFigure(figure), undefined);
});
