import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { composeFigure } from "./kit/svg.ts";
import { displayFigure, markdownTable, showFigure } from "./notebook.ts";

const figure = composeFigure({
  title: "A rectangle",
  body: { svg: '<rect width="50" height="20"/>', width: 50, height: 20 },
  description: "A black rectangle.",
});

Deno.test("displayFigure() holds a sharp picture to be shown at the figure's size, and its description", async () => {
  const { data, metadata } = await displayFigure(figure);
  assert.equal(data["text/plain"], "A black rectangle.");
  assert.deepEqual(metadata["image/png"], { width: figure.width, height: figure.height });
  const picture = await sharp(Buffer.from(data["image/png"], "base64")).metadata();
  assert.deepEqual([picture.format, picture.width], ["png", 2 * figure.width]);
});

Deno.test("showFigure() does nothing outside of a notebook", async () => {
  assert.equal(await showFigure(figure), undefined);
});

Deno.test("markdownTable() sets words to the left and numbers to the right", () => {
  const table = markdownTable([
    { method: "C", accuracy: "31.0 %", forgetting: 0.4567, steps: 5 },
    { method: "LwF-MC", accuracy: "-4.0 %", forgetting: -0.01, steps: 12 },
  ]);
  assert.deepEqual(table.split("\n"), [
    "| method | accuracy | forgetting | steps |",
    "| ------ | -------: | ---------: | ----: |",
    "| C      |   31.0 % |       0.46 |     5 |",
    "| LwF-MC |   −4.0 % |      −0.01 |    12 |",
  ]);
});

Deno.test("markdownTable() leaves a cell empty where a row has no value, and keeps bars inside of cells and headings", () => {
  assert.equal(markdownTable([{ "|score|": 1 }]).split("\n")[0], "| \\|score\\| |");
  assert.deepEqual(markdownTable([{ a: "x|y", b: 1 }, { a: "z" }]).split("\n").slice(2), [
    "| x\\|y |   1 |",
    "| z    |     |",
  ]);
});
