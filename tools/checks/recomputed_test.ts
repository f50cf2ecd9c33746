/**
 * Recomputes each row of README's table from the records of the studies, with nothing of what made it: no
 * module of lib/study, no statistics but the ones below.
 * @module
 */
import assert from "node:assert/strict";

interface RunRecord {
  configuration: { method: string; learningRate: number; seed: number };
  metrics: { accuracy: number; accuracyOfSteps: number[] }[];
}

const ROOT = new URL("../../", import.meta.url);
/** The data sets of the table, their studies and the learning rate of both methods. */
const STUDIES: [data: string, name: string, learningRate: number][] = [
  ["iCIFAR-100", "first-edition/cifar-100", 0.1],
  ["Caltech-101", "first-edition/caltech-101", 0.02],
  ["iEmoji-100", "first-edition/iemoji-100", 0.1],
];

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A: after the increments, over all classes seen; N: of each step's new classes right after that step. */
const measured = ({ metrics }: RunRecord) => ({
  A: 100 * mean(metrics.slice(1).map(({ accuracy }) => accuracy)),
  N: 100 * mean(metrics.slice(1).map(({ accuracyOfSteps }) => accuracyOfSteps.at(-1)!)),
});

/** How much of Student's t distribution lies beyond ±t: Simpson's rule over the angle of t / √n. */
function beyond(t: number, n: number): number {
  const area = (angle: number, steps = 2000) => {
    const weights = Array.from({ length: steps + 1 }, (_, i) => i % steps === 0 ? 1 : i % 2 ? 4 : 2);
    return angle * mean(weights.map((weight, i) => weight * Math.cos(angle * i / steps) ** (n - 1)));
  };
  return 1 - area(Math.atan(Math.abs(t) / Math.sqrt(n))) / area(Math.PI / 2);
}

/** The t beyond which 5 % lie. */
function quantile(n: number): number {
  let [low, high] = [0, 100];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (beyond(middle, n) > 0.05) low = middle;
    else high = middle;
  }
  return low;
}

async function rowsOf([data, name, learningRate]: typeof STUDIES[number]) {
  const text = await Deno.readTextFile(new URL(`studies/${name}.results.json`, ROOT));
  const { runs }: { runs: RunRecord[] } = JSON.parse(text);
  const of = (method: string, rate?: number) =>
    new Map(
      runs.filter(({ configuration: { method: m, learningRate: r } }) => m === method && r === (rate ?? r))
        .map((run) => [run.configuration.seed, measured(run)]),
    );
  const [lwm, lwf] = [of("LwM", learningRate), of("LwF-MC", learningRate)];
  const seeds = [...lwm.keys()].filter((seed) => lwf.has(seed));
  const difference = (measure: "A" | "N") =>
    seeds.map((seed) => lwm.get(seed)![measure] - lwf.get(seed)![measure]);
  // The slope of A over N through the rates of LwF-MC, with a level for each seed.
  const baselines = Map.groupBy(
    runs.filter(({ configuration }) => configuration.method === "LwF-MC"),
    ({ configuration }) => configuration.seed,
  );
  const centered = [...baselines.values()].flatMap((ofSeed) => {
    const points = ofSeed.map(measured);
    const [a, n] = [mean(points.map(({ A }) => A)), mean(points.map(({ N }) => N))];
    return points.map(({ A, N }) => ({ a: A - a, n: N - n }));
  });
  const slope = mean(centered.map(({ a, n }) => a * n)) / mean(centered.map(({ n }) => n * n));
  const moved = difference("A").map((value, i) => value - slope * difference("N")[i]);
  const baseline = `${mean(seeds.map((seed) => lwf.get(seed)!.A)).toFixed(1)} %`;
  return [
    { data, what: "equal settings", baseline, differences: difference("A") },
    { data, what: "equal accuracy on new classes", baseline: "", differences: moved },
  ];
}

Deno.test("README's table comes out of the records by other means, too", async () => {
  const rows = (await Promise.all(STUDIES.map(rowsOf))).flat().map((row) => {
    const n = row.differences.length;
    const center = mean(row.differences);
    const error = Math.sqrt(mean(row.differences.map((d) => (d - center) ** 2)) / (n - 1));
    return { ...row, n, center, half: quantile(n - 1) * error, p: beyond(center / error, n - 1) };
  });
  const ascending = rows.map(({ p }) => p).sort((a, b) => a - b);
  const adjusted = (p: number) =>
    Math.min(1, Math.max(...ascending.filter((q) => q <= p).map((q, i) => q * (rows.length - i))));
  const expected = rows.map(({ data, what, baseline, n, center, half, p }) => {
    const sure = center > half ? "gain" : center < -half ? "loss" : undefined;
    const none = Math.abs(center) + half < 0.5 ? "no gain worth having" : "undecided";
    const verdict = sure === undefined ? none : adjusted(p) > 0.05 ? `${sure}, weak` : sure;
    const signed = `${center < 0 ? "−" : "+"}${Math.abs(center).toFixed(1)} ± ${half.toFixed(1)}`;
    return [data, what, baseline, signed, `${n}`, verdict, adjusted(p).toFixed(3)];
  });

  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const lines = readme.match(/<!-- results: comparisons -->\n\n((?:\|.*\n)+)/)![1].trim().split("\n").slice(
    2,
  );
  assert.deepEqual(lines.map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim())), expected);
});
