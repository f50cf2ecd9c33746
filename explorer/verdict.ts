/**
 * What measured numbers say, in words, and what they are too few or too close to say. Needs no page.
 * @module
 */
import { mean } from "../lib/numbers.ts";
import { ENOUGH } from "./address.ts";
import { METHOD_NAMES, METHODS, modelName } from "./messages.ts";
import type { Dot, Manifest, ModelKey, Report } from "./messages.ts";

/** A sentence in bold, and those that follow. */
export type Said = readonly [bold: string, rest: string];

/** A share as whole percent. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Words as in a sentence: a, b, and c. */
export function list(words: readonly string[]): string {
  return new Intl.ListFormat("en").format(words);
}

/** One of the three ways in a sentence. */
export function quoted(place: number): string {
  return `“${METHODS[place].title}”`;
}

/** The places of all shares, the highest first. */
function ranked(shares: readonly number[]): number[] {
  return [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
}

/** Shares in the order of the methods, in a sentence. */
export function inOrder(shares: readonly number[]): string {
  return list(shares.map(percent));
}

/** How a training ended: which share of the old and of the new it is right on. */
interface End {
  readonly learningRate: number;
  readonly report: Pick<Report, "old" | "added">;
}

/** Most trainings of a method at smaller rates in a try. */
const MOST_SLOWER = 3;

/** Whether one of the trainings learned no more of the new than `target`, or enough of them were tried. */
export function hasReached(ends: readonly End[], target: End): boolean {
  return ends.length > MOST_SLOWER ||
    ends.some(({ report }) => report.added.free <= target.report.added.free);
}

/** The next smaller rate: half, with two digits. */
export function nextRate(ends: readonly End[]): number {
  return Number((Math.min(...ends.map(({ learningRate }) => learningRate)) / 2).toPrecision(2));
}

/**
 * The share of the old that a method keeps where it has learned the share `added` of the new: on the line
 * through its trainings, by their rates. The line begins at rate 0, which learns and forgets nothing.
 * @param start the share of the old before the lesson
 * @returns undefined where no rate learned so much
 */
export function keptAt(
  added: number,
  ends: readonly End[],
  kind: "free" | "told",
  start: number,
): number | undefined {
  const line = ends.toSorted((a, b) => a.learningRate - b.learningRate)
    .map(({ report }) => [report.added.free, report.old[kind]]);
  line.unshift([0, start]);
  for (const [i, [x1, y1]] of line.slice(1).entries()) {
    const [x0, y0] = line[i];
    if (added < Math.min(x0, x1) || added > Math.max(x0, x1)) continue;
    return x0 === x1 ? (y0 + y1) / 2 : y0 + (y1 - y0) * (added - x0) / (x1 - x0);
  }
}

/** Student's t for 95 % and two values, three, and so on. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Mean of one value a seed, and half of its 95 % t interval; infinite for a single value. */
export function spreadOf(values: readonly number[]): { mean: number; half: number } {
  const center = mean(values), n = values.length;
  const sum = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  const t = T95[Math.min(n - 2, T95.length - 1)];
  return { mean: center, half: n < 2 ? Infinity : t * Math.sqrt(sum / (n - 1) / n) };
}

/** Such as `−3 points` or `−3 ± 5 points`. */
function points({ mean, half }: { mean: number; half: number }): string {
  const spread = half < Infinity ? ` ± ${Math.round(100 * half)}` : "";
  return `${Math.round(100 * mean)}${spread} points`.replace("-", "−");
}

/** Fewest tries that can decide. */
export const ENOUGH_TRIES = 3;
const LWM = METHODS.length - 1;

/**
 * Who keeps most of the old at the same new accuracy, that of LwM, each method on the line through its rates.
 * @param tries of the same lesson with the same settings, one a seed
 * @param start the share of the old before the lesson, by {@linkcode Rate}
 * @param fewest pictures of a class that is taught
 */
export function verdictOf(
  tries: readonly (readonly Dot[])[],
  kind: "free" | "told",
  fewest: number,
  start: number,
): Said {
  const endsOf = (dots: readonly Dot[], place: number) =>
    dots.filter(({ method }) => method === METHOD_NAMES[place]);
  const news = tries.map((dots) => endsOf(dots, LWM)[0].report.added.free);
  const added = spreadOf(news);
  const { tested } = tries[0][0].report;
  const n = tries.length === 1 ? "one try" : `${tries.length} tries`;
  const few = fewest < ENOUGH ? ` Few pictures prove little: ${ENOUGH} or more of each tell more.` : "";
  const kept = METHODS.map((_, place) =>
    tries.map((dots, i) =>
      place === LWM
        ? endsOf(dots, LWM)[0].report.old[kind]
        : keptAt(news[i], endsOf(dots, place), kind, start)
    )
  );
  const reached = [...METHODS.keys()].filter((place) => kept[place].every((share) => share !== undefined));
  const shares = kept as number[][];
  const means = METHODS.map((_, place) => reached.includes(place) ? mean(shares[place]) : -1);
  const order = ranked(means).slice(0, reached.length);
  const difference = (one: number, other: number) =>
    spreadOf(shares[one].map((share, i) => share - shares[other][i]));
  const [best, ...others] = order;
  const told = kind === "told" ? "Told old or new, " : "";
  const numbers = `${told}${told ? "w" : "W"}here each knows ${percent(added.mean)} of the new${
    told && " without being told"
  }, ${list(order.map((place) => `${quoted(place)} keeps ${percent(means[place])}`))} of the old: ${n}, ${
    tested[0]
  } old and ${tested[1]} new test pictures${tested[2] > tested[1] ? ` (in ${tested[2]} placements)` : ""}.`;
  const missing = METHODS.flatMap((_, place) =>
    reached.includes(place) ? [] : ` ${quoted(place)} never learned so much.`
  ).join("");
  const pace = [0, 1].flatMap((place) => {
    if (!reached.includes(place)) return [];
    const one = spreadOf(
      tries.map((dots) => endsOf(dots, LWM)[0].report.old[kind] - endsOf(dots, place)[0].report.old[kind]),
    );
    const equal = difference(LWM, place);
    return one.mean > equal.mean
      ? ` Against ${quoted(place)}, ${quoted(LWM)} leads by ${points(one)} at the rates set, and by ${
        points(equal)
      } at the same new accuracy. Much of the rest is how fast each learns.`
      : [];
  }).join("");
  const rest = numbers + missing + pace + few;
  if (added.mean < 0.5) {
    return [
      `${quoted(LWM)} knows only ${percent(added.mean)} of the new, so nobody wins.`,
      `Who learns little forgets little: give more rounds, a larger rate, or more pictures. ${rest}`,
    ];
  }
  if (others.length === 0) return ["No method can be compared: none learned so much of the new.", rest];
  const close = others.filter((place) => {
    const { mean, half } = difference(best, place);
    return tries.length < ENOUGH_TRIES || mean <= half;
  });
  if (tries.length < ENOUGH_TRIES) {
    return [`Too early to call: ${n}. ${quoted(best)} is ahead so far.`, rest];
  }
  if (close.length > 0) {
    return [`Too close to call at the same new accuracy: ${list([best, ...close].map(quoted))}.`, rest];
  }
  const [second] = others;
  return [
    `${quoted(best)} keeps most at the same new accuracy, by ${points(difference(best, second))}.`,
    rest,
  ];
}

/** Whether a guess was right: a method's place, or 3 for "no clear difference". */
export function guessOf(guess: number | undefined, bold: string): string {
  if (guess === undefined) return "";
  const name = guess < METHODS.length ? quoted(guess) : "no clear difference";
  const isOpen = /^Too early|knows only|cannot/.test(bold);
  const isRight = guess < METHODS.length
    ? bold.startsWith(`${quoted(guess)} keeps most`)
    : bold.startsWith("Too close");
  return ` Your guess was ${name}: ${isOpen ? "still open" : isRight ? "right" : "not so here"}.`;
}

/** What the switch does, and what it shows: whether the old is forgotten, or taken for something new. */
export function toldOf(old: number, added: number, reports: readonly Report[], before?: Report): string {
  const rule = `The switch changes the test, not the networks: each chooses among the ${old} old or the ` +
    `${added} new names, so guessing gives ${percent(1 / old)} or ${percent(1 / added)}.`;
  if (reports.length === 0 || !before) return rule;
  const best = ranked(reports.map((one) => one.old.told))[0];
  const { free, told } = reports[best].old;
  return `${rule} ${quoted(best)} comes from ${percent(free)} to ${percent(told)}, of ` +
    `${percent(before.old.told)} before the lesson: so much was not forgotten, only taken for something new.`;
}

/** What a model knows: the share of right answers on the first things, and on all things until then. */
export function knownBy({ models, stepSizes }: Manifest, key: ModelKey) {
  const { accuracy, attention } = models.find(({ name }) => name === modelName(key))!;
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b);
  const right = sum(accuracy.map((share, step) => share * stepSizes[step]));
  return { first: accuracy[0], all: right / sum(stepSizes.slice(0, accuracy.length)), attention };
}

/**
 * Who knows most after the later lessons, and what is left of the first things.
 * @param runs the share of right answers on all things after each step; seeds of all three methods count
 */
export function meaningOf(
  manifest: Manifest,
  runs: readonly { method: string; seed: number; accuracy: readonly number[] }[],
): Said {
  const { models, stepSizes: [base, ...lessons] } = manifest;
  const step = lessons.length;
  const known = Map.groupBy(runs, ({ seed }) => seed).values().toArray()
    .map((ofSeed) => METHOD_NAMES.map((name) => ofSeed.find(({ method }) => method === name)?.accuracy[step]))
    .filter((shares) => shares.every((share) => share !== undefined));
  const means = METHOD_NAMES.map((_, place) => mean(known.map((shares) => shares[place])));
  const [best, second] = ranked(means);
  const wins = known.filter((shares) => ranked(shares)[0] === best).length;
  const first = METHOD_NAMES.map((method) => knownBy(manifest, { method, step }).first);
  const left = Math.max(...first) / models[0].accuracy[0];
  return [
    wins < 0.8 * known.length
      ? `Too close to call who knows most then: ${quoted(best)} or ${quoted(second)}.`
      : `${quoted(best)} knows most then.`,
    `Of all ${lessons.reduce((sum, size) => sum + size, base)} things, the three know ${inOrder(means)} on ` +
    `average over ${known.length} runs with different random numbers; ${
      quoted(best)
    } knows most in ${wins}. ` +
    (best === METHODS.length - 1
      ? ""
      : `${quoted(METHODS.length - 1)}, which usually forgets least above, is not first here. `) +
    `Of the first ${base} things, ` +
    (left < 0.2
      ? "hardly any is recognized any more, whichever way"
      : `at most ${percent(left)} of what was known is left`) +
    `: in the run below, the three know ${inOrder(first)} of them in the end, from ` +
    `${percent(models[0].accuracy[0])} at the start.`,
  ];
}
