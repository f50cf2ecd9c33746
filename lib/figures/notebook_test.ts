import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseHTML } from "linkedom";
import sharp from "sharp";
import { DISPLAY } from "../table.ts";
import { composeFigure } from "./kit/svg.ts";
import { displayFigure, showFigure } from "./notebook.ts";

const figure = composeFigure({
  title: "A rectangle",
  body: { svg: '<rect width="50" height="20"/>', width: 50, height: 20 },
  description: "A black rectangle.",
});

Deno.test("displayFigure() holds a sharp picture at the figure's size, with its description as alternative text", async () => {
  const display = await displayFigure(figure);
  assert.equal(display["text/plain"], "A black rectangle.");
  const [image] = parseHTML(display["text/html"]).document.querySelectorAll("img");
  assert.deepEqual([image.alt, image.width, image.height], [figure.description, figure.width, figure.height]);
  const picture = await sharp(Buffer.from(image.src.replace("data:image/png;base64,", ""), "base64"))
    .metadata();
  assert.deepEqual([picture.format, picture.width], ["png", 2 * figure.width]);
});

Deno.test("a figure that is the value of a cell shows itself as a picture", () => {
  const display = (figure as unknown as Record<typeof DISPLAY, () => Record<string, string>>)[DISPLAY]();
  assert.match(display["text/html"], /^<img alt="A black rectangle\." src="data:image\/svg\+xml,/);
});

Deno.test("showFigure() does nothing outside of a notebook", async () => {
  assert.equal(await showFigure(figure), undefined);
});
