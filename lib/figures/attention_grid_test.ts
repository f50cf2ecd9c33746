import assert from "node:assert/strict";
import { attentionGrid } from "./attention_grid.ts";
import { IMAGE, inspect, spot } from "./testdata/drawn.ts";

Deno.test("attentionGrid() draws each image once and its map for each model, on one scale", async () => {
  const cell = (at: number) => ({ map: spot(at), caption: `peak ${at}` });
  const drawn = await inspect(attentionGrid({
    title: "Where the models look",
    images: [{ image: IMAGE, label: "anvil" }, { image: IMAGE, label: "bell" }],
    rows: [
      { name: "M_{0}", maps: [cell(0), cell(5)] },
      { name: "M_{1}", maps: [cell(0), cell(10)] },
    ],
  }));
  for (const expected of ["anvil", "bell", "peak 0", "peak 10"]) assert.ok(drawn.texts.includes(expected));
  assert.equal(drawn.images(/^(anvil|bell)$/).length, 2);
  const [anvil0, anvil1] = drawn.images(/, anvil$/);
  assert.equal(anvil0, anvil1, "equal maps look the same");
  const [bell0, bell1] = drawn.images(/, bell$/);
  assert.notEqual(bell0, bell1);
});

Deno.test("attentionGrid() draws an all-zero map dark", async () => {
  const drawn = await inspect(attentionGrid({
    title: "Nothing to see",
    images: [{ image: IMAGE, label: "anvil" }],
    rows: [
      { name: "M_{0}", maps: [{ map: spot(0), caption: "" }] },
      { name: "M_{1}", maps: [{ map: { size: 4, values: new Float32Array(16) }, caption: "none" }] },
    ],
  }));
  assert.equal(drawn.images(/, anvil$/).length, 2);
});
