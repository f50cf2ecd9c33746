import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { parseHTML } from "linkedom";
import { gradCamClosedForm } from "../attention/mod.ts";
import { attentionDistillation, distillationLoss } from "../losses/mod.ts";
import { attentionScrubber } from "./attention_maps.ts";
import type { InteractiveFigure } from "./kit/html.ts";
import { IMAGE, spot } from "./testdata/drawn.ts";
import { measureTwoByTwo, type TwoByTwo, twoByTwoForm } from "./two_by_two.ts";

const TELEPHONE: TwoByTwo = {
  features: ["dial", "bells"],
  classes: ["telephone", "alarm clock"],
  weights: [[2, 0], [0.5, 1]],
  teacher: [[4, 0, 0, 0], [0, 0, 0, 4]],
  student: [[0, 0, 4, 0], [0, 0, 1, 3]],
};

/** What a front end makes of it: the page after all scripts have run, in their order. */
function page(...figures: InteractiveFigure[]): Document {
  const { document } = parseHTML(`<html><body>${figures.map(({ html }) => html).join("")}</body></html>`);
  for (const { textContent } of document.querySelectorAll("script")) {
    new Function("document", textContent!)(document);
  }
  return document as unknown as Document;
}

function choose(input: HTMLInputElement, value: string, event: string): void {
  input.value = value;
  // linkedom has an Event of its own.
  const { Event } = input.ownerDocument.defaultView as unknown as { Event: new (name: string) => Event };
  input.dispatchEvent(new Event(event));
}

const texts = (root: ParentNode, selector: string) =>
  [...root.querySelectorAll(selector)].map(({ textContent }) => textContent);

Deno.test("measureTwoByTwo() computes what the library computes", async () => {
  await tf.setBackend("cpu");
  const { teacher, student, weights } = TELEPHONE;
  const W = tf.tensor2d(weights.map((row) => [...row]));
  const [A, A_t] = [teacher, student].map((features) =>
    tf.transpose(tf.tensor4d(features.flat(), [1, 2, 2, 2]), [0, 2, 3, 1]) as tf.Tensor4D
  );
  const [y, z] = [A, A_t].map((features) => tf.matMul(tf.mean(features, [1, 2]), W) as tf.Tensor2D);
  const [Q, Q_t] = [A, A_t].map((features) =>
    gradCamClosedForm(features, W, [0]).reshape([1, 4]) as tf.Tensor2D
  );
  const sigmoid = { kind: "sigmoid", temperature: 1 } as const;
  const found = measureTwoByTwo(TELEPHONE);
  const pairs: [number[], ArrayLike<number>][] = [
    [found.scores.flat(), [...y.dataSync(), ...z.dataSync()]],
    [found.maps.flat(), [...Q.dataSync(), ...Q_t.dataSync()]],
    [[found.distillation], distillationLoss(y, z, sigmoid).dataSync()],
    [[found.leastDistillation], distillationLoss(y, y, sigmoid).dataSync()],
    [[found.attentionDistillation], attentionDistillation(Q, Q_t, { norm: "L1" }).dataSync()],
  ];
  for (const [here, library] of pairs) {
    here.forEach((value, i) =>
      assert.ok(Math.abs(value - library[i]) < 1e-5, `${here}, ${Array.from(library)}`)
    );
  }
});

Deno.test("twoByTwoForm() moves the dial: the scores stand still, and the attention moves", () => {
  const form = twoByTwoForm({ ...TELEPHONE, weights: [[2, 0], [0, 1]] });
  const document = page(form);
  assert.equal(document.querySelectorAll("img").length, 0, "the picture gives way to the form");
  const [upperLeft] = document.querySelectorAll("input");
  const before = texts(document, "[data-score], [data-loss='d']");
  assert.deepEqual(texts(document, "[data-grid='map-1'] span"), ["0", "0", "2", "0"]);
  assert.deepEqual(texts(document, "[data-loss='ad']"), ["2.00"]);
  choose(upperLeft, "0", "change");
  assert.deepEqual(texts(document, "[data-grid='map-1'] span"), ["2", "0", "0", "0"]);
  assert.deepEqual(texts(document, "[data-loss='ad']"), ["0.00"]);
  assert.deepEqual(texts(document, "[data-score], [data-loss='d']"), before);
});

Deno.test("attentionScrubber() leafs through the models of all methods at once, also twice on a page", () => {
  const cells = [{ map: spot(5), cosine: 1 }, { map: spot(5, 0), cosine: 0 }, { map: spot(2), cosine: 0.25 }];
  const scrubber = attentionScrubber({
    dataset: "iemoji-100",
    examples: [{
      image: IMAGE,
      label: "</script>",
      rows: [{ method: "C", cells }, { method: "LwM", cells: [cells[0], cells[0], cells[0]] }],
    }],
  });
  const document = page(scrubber, scrubber);
  const [first, second] = document.querySelectorAll("input");
  choose(first, "2", "input");
  assert.deepEqual(texts(document, ".method span"), [
    "cosine 0.25",
    "cosine 1.00",
    "cosine 1.00",
    "cosine 1.00",
  ]);
  choose(second, "1", "input");
  assert.deepEqual(texts(document, ".method span").slice(2), ["all zero", "cosine 1.00"]);
  const pictures = [...document.querySelectorAll<HTMLImageElement>(".method img")];
  assert.deepEqual(pictures.map(({ alt }) => alt).slice(2), [
    "C, M_1, </script>: all zero",
    "LwM, M_1, </script>: cosine 1.00",
  ]);
  assert.match(pictures[0].src, /^data:image\/png/);
});
