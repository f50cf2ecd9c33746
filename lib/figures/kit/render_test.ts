import assert from "node:assert/strict";
import sharp from "sharp";
import { composeFigure } from "./figure.ts";
import { IMAGE } from "./figure_fixtures.ts";
import { drawImage } from "./overlay.ts";
import { renderPng } from "./render.ts";

const parts = { title: "Title", description: "Nothing but a title and a picture." };

Deno.test("renderPng() is twice as large as a chart, one and a half times as large as pictures, and on white", async () => {
  const bodies = [[2, { svg: '<rect width="40" height="40"/>', width: 40, height: 40 }], [
    1.5,
    drawImage(IMAGE, 40, "slope"),
  ]] as const;
  for (const [scale, body] of bodies) {
    const figure = composeFigure({ ...parts, body });
    const png = await renderPng(figure);
    const { width, height, hasAlpha } = await sharp(png).metadata();
    assert.deepEqual([width, height, hasAlpha], [
      scale * figure.width,
      Math.round(scale * figure.height),
      false,
    ]);
    const { channels } = await sharp(png).stats();
    assert.ok(channels[0].max === 255 && channels[0].min < 64, "blank");
  }
});

Deno.test("renderPng() draws the same figure once", () => {
  const figure = composeFigure({ ...parts, body: { svg: "", width: 10, height: 10 } });
  assert.equal(renderPng(figure), renderPng(figure));
});
