import assert from "node:assert/strict";
import { composeFigure } from "./figure.ts";
import { inspect } from "./figure_fixtures.ts";
import { FIGURE_WIDTH } from "./theme.ts";

const body = { svg: '<rect width="100" height="50"/>', width: 100, height: 50 };

Deno.test("composeFigure() makes an SVG that stands alone, with title and description for screen readers", async () => {
  const figure = composeFigure({
    title: "What L_{D} & L_{AD} see",
    subtitle: "a <small> test",
    body,
    notes: ["A note."],
    description: "A rectangle as large as L_{D} is.",
  });
  const drawn = await inspect(figure);
  assert.equal(figure.width, FIGURE_WIDTH);
  assert.match(
    figure.svg,
    /<title>What L_D &amp; L_AD see<\/title><desc>A rectangle as large as L_D is.<\/desc>/,
  );
  assert.deepEqual(drawn.texts, ["What LD & LAD see", "a <small> test", "A note."]);
});

Deno.test("composeFigure() grows with its notes and with a wide body, and is the same for the same parts", () => {
  const parts = { title: "Title", body, description: "A rectangle." };
  const plain = composeFigure(parts);
  assert.ok(composeFigure({ ...parts, notes: ["one", "two"] }).height > plain.height);
  assert.ok(composeFigure({ ...parts, body: { ...body, width: 1000 } }).width > 1000);
  assert.deepEqual(composeFigure(parts), plain);
});
