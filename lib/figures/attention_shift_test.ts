import assert from "node:assert/strict";
import { attentionShift, type AttentionShiftExample } from "./attention_shift.ts";
import { IMAGE, inspect, spot } from "./testdata/drawn.ts";

const example = (label: string, student: number): AttentionShiftExample => ({
  image: IMAGE,
  label,
  topBaseClass: "telephone",
  teacher: {
    map: spot(5),
    scores: [{ className: "telephone", score: 0.62 }, { className: "camera", score: 0.2 }],
  },
  student: {
    map: spot(student, 9),
    scores: [{ className: "telephone", score: 0.61 }, { className: "camera", score: 0.21 }],
  },
  distillation: 0.5123,
  leastDistillation: 0.5078,
  attentionDistillation: 1.9876,
  cosine: 0.1234,
});

Deno.test("attentionShift() shows image, both maps, both models' scores, L_D and L_AD for each example", async () => {
  const figure = attentionShift({
    dataset: "iEmoji-100",
    teacher: "M_{0}",
    student: "M_{1}",
    examples: [example("telephone", 10), example("camera", 3)],
  });
  const drawn = await inspect(figure);
  assert.equal(drawn.images(/^(telephone|camera)$/).length, 2);
  assert.equal(drawn.images(/^attention of M_0/).length, 2);
  assert.equal(drawn.images(/^attention of M_1/).length, 2);
  assert.equal(drawn.count('[aria-label="bar"] rect'), 2 * 4);
  assert.ok(drawn.texts.some((text) => /^LD = 0\.512\s+\(0\.508\)$/.test(text)));
  assert.ok(drawn.texts.some((text) => /^LAD = 1\.99\s+\(cosine 0\.12, b: telephone\)$/.test(text)));
  assert.match(figure.description, /camera: L_D 0\.512, L_AD 1\.99/);
});

Deno.test("attentionShift() draws both maps of a row in one scale, divided by their norms", async () => {
  // The student's map is nine times the teacher's: as L_AD sees them, they are equal.
  const drawn = await inspect(attentionShift({
    dataset: "iEmoji-100",
    teacher: "M_{0}",
    student: "M_{1}",
    examples: [example("telephone", 5)],
  }));
  assert.deepEqual(drawn.images(/^attention of M_0/), drawn.images(/^attention of M_1/));
});
