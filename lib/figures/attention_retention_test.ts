import assert from "node:assert/strict";
import { attentionRetention } from "./attention_retention.ts";
import { METHODS } from "./kit/colors.ts";
import { IMAGE, inspect, spot } from "./testdata/drawn.ts";

const rows = METHODS.map((method, row) => ({
  method,
  cells: [
    { map: spot(5), cosine: 1 },
    { map: { size: 4, values: new Float32Array(16).fill(0.5) }, cosine: 0.25 },
    { map: spot(5, 3), cosine: 0.5 + row / 10 },
  ],
}));

Deno.test("attentionRetention() draws one row a method and one column a model, with the cosine under each map", async () => {
  const figure = attentionRetention({
    dataset: "iEmoji-100",
    examples: [{ image: IMAGE, label: "violin", rows }],
  });
  const drawn = await inspect(figure);
  assert.equal(drawn.images(/^violin$/).length, 3);
  assert.equal(drawn.images(/^(C|LwF-MC|LwM), M_\d, violin$/).length, 9);
  assert.deepEqual(drawn.texts.filter((text) => /^M\d$/.test(text)), ["M0", "M1", "M2"]);
  assert.deepEqual(drawn.texts.filter((text) => METHODS.includes(text as "C")), ["C", "LwF-MC", "LwM"]);
  for (const cosine of ["1.00", "0.25", "0.50", "0.60", "0.70"]) {
    assert.ok(drawn.texts.includes(cosine), cosine);
  }
  assert.match(figure.description, /violin: C 1\.00, 0\.25, 0\.50; LwF-MC/);
});

Deno.test("attentionRetention() uses one color scale across a row: equal shapes look equal, weaker ones weaker", async () => {
  const drawn = await inspect(attentionRetention({
    dataset: "iEmoji-100",
    examples: [{ image: IMAGE, label: "violin", rows }],
  }));
  for (const method of METHODS) {
    const [first, spread, last] = drawn.images(new RegExp(`^${method}, M_`));
    assert.equal(first, last);
    assert.notEqual(first, spread);
  }
  assert.equal(new Set(drawn.images(/, M_0, /)).size, 1);
  assert.equal(drawn.images(/color scale/).length, 1);
});

Deno.test("attentionRetention() adds means over many images, and fits more columns by smaller pictures", async () => {
  const wide = rows.map(({ method, cells }) => ({ method, cells: [...cells, ...cells, ...cells] }));
  const figure = attentionRetention({
    dataset: "Caltech-101",
    examples: [{ image: IMAGE, label: "dalmatian", rows: wide }],
    mean: { images: 123, rows: [{ method: "LwM", cosine: [1, 0.987] }] },
  });
  const drawn = await inspect(figure);
  assert.equal(figure.width, 840);
  assert.ok(drawn.texts.includes("123 images") && drawn.texts.includes("0.99"));
});

Deno.test("attentionRetention() draws an all-zero map as no attention", async () => {
  const cells = [{ map: spot(0, 0), cosine: 0 }, { map: spot(2), cosine: 0 }];
  const drawn = await inspect(attentionRetention({
    dataset: "iEmoji-100",
    examples: [{ image: IMAGE, label: "violin", rows: [{ method: "C", cells }] }],
  }));
  assert.equal(drawn.images(/^C, M_/).length, 2);
});
