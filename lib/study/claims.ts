/**
 * Claims of the kind "the first is above the second", asked within each seed: both runs of a pair share M_0,
 * its images, the classes and their order, so what makes seeds differ does not count.
 * @module
 */
import { join } from "node:path";
import { judge, type Verdict } from "../statistics.ts";
import { UserError } from "../user_error.ts";
import {
  describeSetting,
  type Measure,
  MEASURES,
  runKey,
  type RunRecord,
  shareFirstModel,
  unitKey,
  varyingFields,
} from "./run_record.ts";
import { type Claim, readStudies, select, studiesDirectory, type Study } from "./study.ts";

/** Two runs that share all but their settings. */
export type Pair = readonly [first: RunRecord, second: RunRecord];

/** A claim that was held against the records. */
export interface JudgedClaim extends Claim {
  /** Of the study. */
  readonly study: string;
  /** What was compared, such as `LwM − LwF-MC, learning rate 0.1`. */
  readonly difference: string;
  /** First minus second, one a pair. */
  readonly differences: readonly number[];
  /** Of the t test, adjusted by Holm's method for the claims of the same question. */
  readonly p?: number;
  /** From Student's interval. */
  readonly verdict: "holds" | "does not hold" | "undecided";
}

/** A claim holds where its first is above its second. */
const WORDS: Readonly<Record<Verdict, JudgedClaim["verdict"]>> = {
  "gain": "holds",
  "loss": "does not hold",
  "no gain worth having": "does not hold",
  "undecided": "undecided",
};

/**
 * The runs of two settings in pairs that share M_0; runs without such a partner are left out.
 * @throws {UserError} where runs of several engines would be compared
 */
export function pairsOf(first: readonly RunRecord[], second: readonly RunRecord[]): Pair[] {
  refuseSeveralEngines([...first, ...second]);
  const partners = new Map(second.map((record) => [unitKey(record.configuration), record]));
  return first.flatMap((record): Pair[] => {
    const partner = partners.get(unitKey(record.configuration));
    const isPair = partner !== undefined && shareFirstModel(record.metrics, partner.metrics);
    return isPair ? [[record, partner]] : [];
  });
}

/**
 * Each run of LwM with the run of LwF-MC that differs in L_AD alone; runs without such a partner are left
 * out.
 */
export function pairsAtEqualSettings(records: readonly RunRecord[]): Pair[] {
  const known = new Map(records.map((record) => [runKey(record.configuration), record]));
  return records.filter(({ configuration }) => configuration.method === "LwM").flatMap((record): Pair[] => {
    const partner = known.get(runKey({ ...record.configuration, method: "LwF-MC" }));
    return partner === undefined ? [] : pairsOf([record], [partner]);
  });
}

/** Refuses to compare records of more than one engine. @throws {UserError} where there are several */
export function refuseSeveralEngines(records: readonly { readonly engine: string }[]): void {
  const engines = [...new Set(records.map(({ engine }) => engine))];
  if (engines.length <= 1) return;
  throw new UserError(
    `Expected runs of one engine but found ${engines.join(" and ")}, which round differently. ` +
      "Train all runs that are compared on one engine.",
  );
}

/** First minus second in each pair; pairs without the measure are left out. */
export function differencesOf(pairs: readonly Pair[], { of }: Measure): number[] {
  return pairs.flatMap(([first, second]) => {
    const [a, b] = [of(first), of(second)];
    return a === undefined || b === undefined ? [] : [a - b];
  });
}

/**
 * Holds the claims of studies against their records.
 * @param all studies: the p values of a question are adjusted over all that ask it
 * @returns one entry for each claim that has a pair of runs, by question, the primary first
 */
export function judgeClaims(studies: readonly Study[], all: readonly Study[] = []): JudgedClaim[] {
  const names = studies.map(({ name }) => name);
  const others = all.filter(({ name }) => !names.includes(name));
  const compared = [...studies, ...others].flatMap((study) => {
    const fields = varyingFields(study.configurations);
    return study.claims.flatMap((claim) => {
      const [first, second] = [claim.first, claim.second].map((side) => select(study.records, side));
      const differences = differencesOf(pairsOf(first, second), MEASURES[claim.measure]);
      if (differences.length === 0) return [];
      const [a, b] = [first, second].map(([{ configuration }]) => describeSetting(configuration, fields));
      return [{ ...claim, study: study.name, difference: `${a} − ${b}`, differences }];
    });
  });
  const rank = ({ question }: Claim) => question.startsWith("primary") ? 0 : 1;
  return [...Map.groupBy(compared, ({ question }) => question).values()].flatMap((ofQuestion) => {
    const judged = judge(ofQuestion.map(({ differences }) => differences));
    return ofQuestion.map((claim, i) => ({ ...claim, p: judged[i].p, verdict: WORDS[judged[i].verdict] }));
  }).filter(({ study }) => names.includes(study))
    .sort((a, b) => rank(a) - rank(b) || a.question.localeCompare(b.question));
}

/**
 * Judges the claims of a study with {@linkcode judgeClaims}, among all studies of the project.
 * @throws {UserError} where a file of another study is damaged
 */
export async function studyClaims(study: Study): Promise<JudgedClaim[]> {
  return judgeClaims([study], await readStudies(join(studiesDirectory(), "first-edition")));
}
