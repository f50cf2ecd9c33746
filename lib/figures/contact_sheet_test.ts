import assert from "node:assert/strict";
import { contactSheet } from "./contact_sheet.ts";
import { IMAGE, inspect } from "./testdata/drawn.ts";

const images = ["axe", "key", "violin", "a-very-long-name-of-a-class", "axe"].map((label) => ({
  image: IMAGE,
  label,
}));

Deno.test("contactSheet() draws every image with its label, so many a row", async () => {
  const figure = contactSheet({ title: "Five images", columns: 2, images });
  const drawn = await inspect(figure);
  assert.equal(drawn.images(/./).length, 5);
  assert.ok(drawn.texts.includes("violin"));
  assert.ok(contactSheet({ title: "Five images", columns: 5, images }).height < figure.height);
  assert.equal(figure.description, "5 images: axe, key, violin, a-very-long-name-of-a-class.");
});
