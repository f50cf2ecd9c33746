import assert from "node:assert/strict";
import sharp from "sharp";
import { composeFigure } from "./figure.ts";
import { IMAGE } from "./figure_fixtures.ts";
import { drawImage } from "./overlay.ts";
import { renderPng } from "./render.ts";

const parts = { title: "Title", description: "Nothing but a title and a picture." };

Deno.test("renderPng() is twice as large as the figure, on white, and not blank", async () => {
  const figure = composeFigure({ ...parts, body: drawImage(IMAGE, 40, "slope") });
  const png = await renderPng(figure);
  const { width, height, hasAlpha } = await sharp(png).metadata();
  assert.deepEqual([width, height, hasAlpha], [2 * figure.width, 2 * figure.height, false]);
  const { channels } = await sharp(png).stats();
  assert.ok(channels[0].max === 255 && channels[0].min < 64);
});

Deno.test("renderPng() draws the same figure once", () => {
  const figure = composeFigure({ ...parts, body: { svg: "", width: 10, height: 10 } });
  assert.equal(renderPng(figure), renderPng(figure));
});
