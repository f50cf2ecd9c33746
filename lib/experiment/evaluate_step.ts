import * as tf from "@tensorflow/tfjs";
import { allDraws, type Dataset, headPositions, inBatches, readBatch } from "../data/mod.ts";
import { gradCamClosedForm } from "../attention/mod.ts";
import type { ResNet } from "../model/mod.ts";
import type { Configuration } from "./configuration.ts";
export interface StepMetrics {
  step: number;
  accuracy: number;
  accuracyOfSteps: number[];
  cosine: number;
  meanLogit: number[];
}
export async function evaluateStep(
  { model, first, dataset, steps }: {
    model: ResNet;
    first: ResNet;
    dataset: Dataset;
    steps: readonly (readonly number[])[];
  },
  c: Configuration,
): Promise<StepMetrics> {
  const order = steps.flat();
  const pos = new Map(order.map((id, i) => [id, i]));
  const set = dataset.open(c.evaluateOn, order, { seed: c.seed, views: 1 });
  const norm = { mean: dataset.mean, std: dataset.std };
  const right = steps.map(() => 0), total = steps.map(() => 0), maxLogit = steps.map(() => 0);
  let cos = 0, nc = 0;
  const stepOf = (p: number) => {
    let s = 0, e = steps[0].length;
    while (p >= e) e += steps[++s].length;
    return s;
  };
  for (const draws of inBatches(allDraws(set), 128)) {
    const b = readBatch(set, draws, norm);
    tf.tidy(() => {
      const x = tf.tensor4d(b.x, [draws.length, set.size, set.size, 3]);
      const cls = Array.from(b.labels, (id) => pos.get(id)!);
      const { logits, features } = model.forward(x);
      const f0 = first.forward(x).features;
      const n0 = first.classNames.length;
      const L = logits.arraySync();
      const safe = cls.map((p) => Math.min(p, n0 - 1));
      const q0 = gradCamClosedForm(f0, first.head.weights, safe).arraySync() as number[][][];
      const qt = gradCamClosedForm(features, model.head.weights, safe).arraySync() as number[][][];
      cls.forEach((p, i) => {
        const s = stepOf(p);
        total[s]++;
        const arg = L[i].indexOf(Math.max(...L[i]));
        if (arg === p) right[s]++;
        if (p < n0) {
          const a = q0[i].flat(), d = qt[i].flat();
          let ab = 0, aa = 0, dd = 0;
          a.forEach((v, j) => {
            ab += v * d[j];
            aa += v * v;
            dd += d[j] * d[j];
          });
          nc++;
          cos += aa && dd ? ab / Math.sqrt(aa * dd) : 0;
        }
      });
      let at = 0;
      steps.forEach((st, s) => {
        for (const row of L) maxLogit[s] += Math.max(...row.slice(at, at + st.length));
        at += st.length;
      });
    });
  }
  const N = total.reduce((a, b) => a + b);
  return {
    step: steps.length - 1,
    accuracy: right.reduce((a, b) => a + b) / N,
    accuracyOfSteps: right.map((r, i) => r / total[i]),
    cosine: cos / nc,
    meanLogit: maxLogit.map((m) => m / N),
  };
}
void headPositions;
