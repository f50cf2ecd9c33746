/**
 * What measured numbers say, in words, and what they are too few or too close to say. Needs no page.
 * @module
 */
import { mean } from "../lib/numbers.ts";
import { ENOUGH } from "./address.ts";
import { METHOD_NAMES, METHODS, modelName } from "./messages.ts";
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

/** Shares in the order of the methods, in a sentence. */
export function inOrder(shares: readonly number[]): string {
  return list(shares.map(percent));
}

/**
 * Who forgets least, and what that costs.
 * @param tries of the same lesson with the same settings; the last one is told
 * @param fewest pictures of a class that is taught
 */
export function verdictOf(
  tries: readonly (readonly Report[])[],
  kind: "free" | "told",
  fewest: number,
): Said {
  const reports = tries.at(-1)!;
  const [{ round, tested: [oldCount, newCount] }] = reports;
  const [old, added] = [reports.map((one) => one.old[kind]), reports.map((one) => one.added[kind])];
  const right = `${kind === "told" ? "When told, the" : "The"} three are right on ${inOrder(old)} of the ` +
    `${oldCount} old pictures, and on ${inOrder(added)} of the ${newCount} new ones.`;
  if (reports.every(({ added: { free } }) => free < 0.5)) {
    return [
      `After ${round} rounds, none knows even half of the new.`,
      `Who learns little forgets little, so this decides nothing: give more rounds or pictures. ${right}`,
    ];
  }
  const [best, ...others] = ranked(old);
  const wins = tries.filter((reports) => ranked(reports.map((one) => one.old[kind]))[0] === best).length;
  const isFew = fewest < ENOUGH;
  const rest = right +
    (tries.length > 1 ? ` ${quoted(best)} was first in ${wins} of ${tries.length} tries.` : "") +
    (isFew ? ` Few pictures prove little: ${ENOUGH} or more of each, in several colors, tell more.` : "");
  const ahead = leaders(old, oldCount);
  if (ahead.length > 1) return [`Too close to call who forgets least: ${list(ahead.map(quoted))}.`, rest];
  const [rival] = others.toSorted((one, other) => added[other] - added[one]);
  const isLess = added[best] < added[rival];
  const price = isClose(added[best], added[rival], newCount)
    ? isLess
      ? `Whether it learns less of the new than ${quoted(rival)} is too close to call.`
      : "It costs nothing here: none learns clearly more of the new."
    : isLess
    ? `The price: it learns less of the new than ${quoted(rival)}.`
    : "It costs nothing here: it learns the new best, too.";
  return [`${quoted(best)} ${isFew ? "is ahead" : "forgets least"}. ${price}`, rest];
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
