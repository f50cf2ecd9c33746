/**
 * Recomputes each row of README's table from the records of the studies, with nothing of what made it: no
 * module of lib/study, no statistics but the ones below.
 * @module
 */
import assert from "node:assert/strict";

interface RunRecord {
  configuration:
    & { learningRate: number; seed: number }
    & Record<"method" | "norm" | "attentionClass" | "attentionForm", string>;
  metrics: {
    accuracy: number;
    accuracyOfSteps: number[];
    attention: { energyInside?: { now: number } };
  }[];
}

const ROOT = new URL("../../", import.meta.url);

/** Of which runs an arm is made. */
type Arm = (configuration: RunRecord["configuration"]) => boolean;
const baseline = (rate: number): Arm => ({ method, learningRate }) =>
  method === "LwF-MC" && learningRate === rate;
const LwM: Arm = ({ method, norm, attentionClass, attentionForm }) =>
  [method, norm, attentionClass, attentionForm].join(" ") === "LwM L1 student-top normalized";
const near = baseline(0.0154);
const elsewhere: Arm = ({ attentionForm }) => attentionForm === "elsewhere";

/** The rows of the table, in its order: data set, study, seeds, comparison, measure, and the two arms. */
const ROWS: [string, string, number, string, "A" | "energy inside the object", Arm, Arm][] = [
  ["iCIFAR-100", "cifar-100-arms", 6, "best against best, M − F*", "A", LwM, baseline(0.03)],
  ["iCIFAR-100", "cifar-100-arms", 6, "at equal plasticity, M − F≈", "A", LwM, baseline(0.0139)],
  ["iCIFAR-100", "cifar-100-arms", 6, "place, M − X", "A", LwM, elsewhere],
  ["iEmoji-100", "iemoji-100-arms", 40, "at equal plasticity, M − F≈", "A", LwM, near],
  ["iEmoji-100", "iemoji-100-arms", 40, "at equal plasticity, M − F≈", "energy inside the object", LwM, near],
  ["iEmoji-100", "iemoji-100-arms", 40, "place, M − X", "A", LwM, elsewhere],
];

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A: after the increments, over all classes seen; N: of each step's new classes right after that step. */
const measured = ({ metrics }: RunRecord) => ({
  "A": 100 * mean(metrics.slice(1).map(({ accuracy }) => accuracy)),
  "N": 100 * mean(metrics.slice(1).map(({ accuracyOfSteps }) => accuracyOfSteps.at(-1)!)),
  "energy inside the object": 100 * (metrics.at(-1)!.attention.energyInside?.now ?? NaN),
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

async function numbersOf([data, study, seeds, what, of, ...arms]: typeof ROWS[number]) {
  const text = await Deno.readTextFile(new URL(`studies/${study}.results.json`, ROOT));
  const { runs }: { runs: RunRecord[] } = JSON.parse(text);
  const [first, second] = arms.map((arm) =>
    new Map(
      runs.filter(({ configuration }) => arm(configuration))
        .map((run) => [run.configuration.seed, measured(run)]),
    )
  );
  const shared = [...first.keys()].filter((seed) => second.has(seed));
  const spread = (measure: keyof ReturnType<typeof measured>) => {
    const differences = shared.map((seed) => first.get(seed)![measure] - second.get(seed)![measure]);
    const [n, center] = [differences.length, mean(differences)];
    const error = Math.sqrt(mean(differences.map((d) => (d - center) ** 2)) / (n - 1));
    return { n, center, half: quantile(n - 1) * error, p: beyond(center / error, n - 1) };
  };
  const other = `${mean([...second.values()].map((one) => one[of])).toFixed(1)} %`;
  return { data, seeds, what, of, other, ...spread(of), ofN: spread("N") };
}

Deno.test("README's table comes out of the records by other means, too", async () => {
  const rows = await Promise.all(ROWS.map(numbersOf));
  const finished = rows.filter(({ n, seeds }) => n === seeds);
  const ascending = finished.map(({ p }) => p).sort((a, b) => a - b);
  const adjusted = (p: number) =>
    Math.min(1, Math.max(...ascending.filter((q) => q <= p).map((q, i) => q * (finished.length - i))));
  const signed = ({ center, half }: { center: number; half: number }) =>
    `${center < 0 ? "−" : "+"}${Math.abs(center).toFixed(1)} ± ${half.toFixed(1)}`;
  const expected = rows.map((row) => {
    const { data, seeds, what, of, other, ofN, n, center, half } = row;
    if (n < seeds) return [data, what, of, "", "", "", `${n} of ${seeds}`, "not finished", ""];
    const p = adjusted(row.p);
    const atEqualN = Math.abs(ofN.center) <= 1.5;
    const [above, below] = atEqualN ? ["gain", "loss"] : ["higher", "lower"];
    const sure = center > half ? above : center < -half ? below : undefined;
    const none = Math.abs(center) + half < 0.5 ? "no gain worth having" : "undecided";
    const strength = p > 0.05 ? `${sure}, weak` : sure;
    const verdict = sure === undefined ? none : atEqualN ? strength : `${strength}, N differs`;
    const shownP = p < 0.001 ? "< 0.001" : p.toFixed(3);
    return [data, what, of, other, signed(row), signed(ofN), `${n}`, verdict, shownP];
  });

  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const lines = readme.match(/<!-- results: comparisons -->\n\n((?:\|.*\n)+)/)![1].trim().split("\n");
  const cells = lines.slice(2).map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
  assert.deepEqual(cells, expected);
});
