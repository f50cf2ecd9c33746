import * as tf from "@tensorflow/tfjs";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { randomStream } from "../random.ts";
import { type ClassificationKind, classificationLoss } from "./classification.ts";
import { centralDifferences, columns, rowsOf, sigmoidLoss, softmaxLoss } from "./testdata/float64.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const KINDS: ClassificationKind[] = ["softmax-new", "softmax-all", "sigmoid-new", "sigmoid-all"];

/** L_C and its gradient in the logits. */
async function lossAndGradient(
  logits: number[][],
  labels: number[],
  kind: ClassificationKind,
  baseClasses: number,
) {
  const z = tf.tensor2d(logits);
  const y = tf.tensor2d(labels.map((label) => logits[0].map((_, c) => Number(c === label))));
  const { value, grad } = tf.valueAndGrad((z) =>
    classificationLoss(z as tf.Tensor2D, y, { kind, baseClasses })
  )(z);
  tf.dispose([z, y]);
  const [values, gradient] = await valuesOf(value, grad);
  return { value: values[0], gradient };
}

testOnEachEngine("classificationLoss() gives the golden values and gradients", async () => {
  const expected = {
    "softmax-new": golden.classificationSoftmaxNew,
    "softmax-all": golden.classificationSoftmaxAll,
    "sigmoid-new": golden.classificationSigmoidNew,
    "sigmoid-all": golden.classificationSigmoidAll,
  };
  const { student, labels, baseClasses } = golden.logits;
  for (const kind of KINDS) {
    const { value, gradient } = await lossAndGradient(student, labels, kind, baseClasses);
    assertClose(value, expected[kind].value);
    assertClose(gradient, expected[kind].gradStudentLogits);
  }
});

testOnEachEngine("classificationLoss() has the gradient that central differences give", async () => {
  const random = randomStream(1, "logits");
  const flat = Float64Array.from({ length: 4 * 6 }, () => 2 * random.normal());
  const labels = [3, 5, 4, 3];
  const oneHot = labels.map((label) => Array.from({ length: 6 }, (_, c) => Number(c === label)));
  for (const kind of KINDS) {
    const plain = (x: Float64Array) => {
      const first = kind.endsWith("new") ? 3 : 0;
      const loss = kind.startsWith("softmax") ? softmaxLoss : sigmoidLoss;
      return loss(columns(oneHot, first, 6), columns(rowsOf(x, 6), first, 6));
    };
    const { value, gradient } = await lossAndGradient(rowsOf(flat, 6), labels, kind, 3);
    assertClose(value, plain(flat));
    assertClose(gradient, centralDifferences(plain, flat));
  }
});

testOnEachEngine("classificationLoss() over new or all classes is the same in the base step", async () => {
  const { student, labels } = golden.logits;
  for (const outputs of ["softmax", "sigmoid"]) {
    const ofNew = await lossAndGradient(student, labels, `${outputs}-new` as ClassificationKind, 0);
    const ofAll = await lossAndGradient(student, labels, `${outputs}-all` as ClassificationKind, 0);
    assertClose(ofNew.value, ofAll.value, 0);
    assertClose(ofNew.gradient, ofAll.gradient, 0);
  }
});

testOnEachEngine("classificationLoss() stays finite where scores are far apart", async () => {
  for (const kind of KINDS) {
    const { value, gradient } = await lossAndGradient([[-90, 0, 90]], [0], kind, 0);
    assertClose(value, kind.startsWith("softmax") ? 180 : 180 + Math.log(2));
    assertClose(gradient, kind.startsWith("softmax") ? [-1, 0, 1] : [-1, 0.5, 1]);
  }
});
