/**
 * What measured numbers say, in words, and what they are too few or too close to say. Needs no page.
 * @module
 */
import { ENOUGH, PICTURES } from "./address.ts";
import { GENTLE, METHOD_NAMES, METHODS, modelName, TEST_VIEWS } from "./messages.ts";
import type { Manifest, ModelKey, Report } from "./messages.ts";

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

/**
 * Whether two shares of right answers may differ by chance: by at most twice the standard error of their
 * difference, with one right and one wrong answer added to each (Agresti and Caffo, 2000).
 */
function isClose(one: number, other: number, count: number): boolean {
  const [a, b] = [one, other].map((share) => (share * count + 1) / (count + 2));
  return Math.abs(a - b) <= 2 * Math.sqrt((a * (1 - a) + b * (1 - b)) / (count + 2));
}

/** The places of all shares, the highest first. */
function ranked(shares: readonly number[]): number[] {
  return [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
}

/** The place of the highest share, and of those that are too close to it. */
function leaders(shares: readonly number[], count: number): number[] {
  const [best, ...others] = ranked(shares);
  return [best, ...others.filter((place) => isClose(shares[place], shares[best], count))];
}

/**
 * Who forgets least, and what that costs.
 * @param tries the three last reports of each try; the last try is told
 * @param fewest pictures of a class that is taught
 */
export function verdictOf(
  tries: readonly (readonly Report[])[],
  kind: "free" | "told",
  fewest: number,
): Said[] {
  const reports = tries.at(-1)!;
  const [oldCount, newCount] = reports[0].tested;
  const [old, added] = [reports.map((one) => one.old[kind]), reports.map((one) => one.added[kind])];
  const ahead = leaders(old, oldCount);
  const [best, ...others] = ranked(old);
  const rest = (shares: readonly number[]) => list(others.map((place) => percent(shares[place])));
  const isFew = fewest < ENOUGH;
  const first = ahead.length > 1
    ? `Too close to call: ${list(ahead.map(quoted))}.`
    : isFew
    ? `${quoted(best)} is ahead, but few pictures prove little.`
    : `${quoted(best)} forgets least.`;
  const most = Math.max(...others.map((place) => added[place]));
  const price = isClose(added[best], most, newCount)
    ? "What that costs is too close to call."
    : added[best] < most
    ? "The price: it learns less of the new."
    : "It learns the new best, too.";
  const wins = tries.filter((reports) => ranked(reports.map((one) => one.old[kind]))[0] === best).length;
  return [
    [
      (kind === "told" ? "Told: " : "") + first,
      `${ahead.length > 1 ? quoted(best) : "It"} is right on ${percent(old[best])} of the old pictures ` +
      `(${oldCount}), the others on ${rest(old)}.`,
    ],
    [
      price,
      `It is right on ${percent(added[best])} of the new pictures (${newCount}, drawings in ${TEST_VIEWS} ` +
      `places each), the others on ${rest(added)}.` +
      (tries.length > 1 ? ` It was first in ${wins} of ${tries.length} tries.` : "") +
      (isFew ? ` ${ENOUGH} or more of each, in several colors, tell more.` : ""),
    ],
  ];
}

/** What the switch does, and what it shows: whether the old is forgotten, or taken for something new. */
export function toldOf(old: number, added: number, reports?: readonly Report[], before?: Report): string {
  const rule = `The switch changes the test, not the networks: each chooses among the ${old} old or the ` +
    `${added} new names, so guessing gives ${percent(1 / old)} or ${percent(1 / added)}.`;
  if (!reports || !before) return rule;
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
 * What is left after the later lessons.
 * @param runs what each method knows of all things at the end, for each of several runs
 */
export function meaningOf(manifest: Manifest, runs: readonly (readonly number[])[]): Said {
  const { models, stepSizes, configuration } = manifest;
  const [base, increment] = stepSizes;
  const things = stepSizes.reduce((sum, size) => sum + size);
  const ends = METHOD_NAMES.map((method) => knownBy(manifest, { method, step: stepSizes.length - 1 }));
  const [best] = ranked(ends.map(({ first }) => first));
  const left = ends[best].first / models[0].accuracy[0];
  const ahead = leaders(ends.map(({ all }) => all), things * PICTURES);
  const shares = (numbers: readonly number[]) => list(numbers.map(percent));
  const means = METHOD_NAMES.map((_, place) => runs.reduce((sum, run) => sum + run[place] / runs.length, 0));
  const [usual] = ranked(means);
  const wins = runs.filter((run) => ranked(run)[0] === usual).length;
  return [
    left < 0.2
      ? `Hardly any picture of the first ${base} things is recognized any more, whichever way.`
      : left < 0.5
      ? `Less than half of what it knew of the first ${base} things is left, whichever way.`
      : `${quoted(best)} keeps most of what it knew of the first ${base} things.`,
    `The three are right on ${shares(ends.map(({ first }) => first))} of their pictures, from ` +
    `${percent(models[0].accuracy[0])} at the start, and on ${shares(ends.map(({ all }) => all))} of all. ` +
    (ahead.length > 1
      ? `Who knows most of all ${things} is too close to call: ${list(ahead.map(quoted))}. `
      : `${quoted(ahead[0])} knows most of all ${things}. `) +
    (runs.length > 0
      ? `Over ${runs.length} runs with other random numbers, ${quoted(usual)} knew most in ${wins}; ` +
        `on average they knew ${shares(means)}. `
      : "") +
    `A lesson here has ${increment} new things instead of two, and a learning rate of ` +
    `${configuration.learningRate} instead of ${GENTLE.learningRate}.`,
  ];
}
