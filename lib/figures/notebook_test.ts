import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseHTML } from "linkedom";
import { DISPLAY } from "../table.ts";
import { composeFigure } from "./kit/svg.ts";
import { showFigure } from "./notebook.ts";

const figure = composeFigure({
  title: "A rectangle",
  body: { svg: '<rect width="50" height="20"/>', width: 50, height: 20 },
  description: "A black rectangle.",
});

Deno.test("a figure shows itself at its size, with its description as alternative text", () => {
  const display = figure[DISPLAY]();
  assert.equal(display["text/plain"], "A black rectangle.");
  const [image] = parseHTML(display["text/html"]).document.querySelectorAll("img");
  assert.deepEqual([image.alt, image.width, image.height], [figure.description, figure.width, figure.height]);
  const bytes = Buffer.from(image.src.replace("data:image/svg+xml;base64,", ""), "base64");
  assert.equal(bytes.toString(), figure.svg);
});

Deno.test("showFigure() does nothing outside of a notebook", async () => {
  assert.equal(await showFigure(figure), undefined);
});
