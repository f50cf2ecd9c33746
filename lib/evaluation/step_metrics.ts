/**
 * What is measured after a step, and the schema by which it is read. `metrics.json` has all of it; the
 * records of studies leave out what no table needs.
 * @module
 */
import { z } from "zod";

/** How a measure of the maps fell from M_0 to M_t. */
export interface Drop {
  /** Of M_0's maps, between 0 and 1. */
  first: number;
  /** Of M_t's maps, between 0 and 1. */
  now: number;
  /** first − now, between −1 and 1. */
  drop: number;
}

/** How much of M_0's attention is left in M_t: means over the images. */
export interface AttentionRetention {
  /** How many images count. */
  images: number;
  /** Cosine between the map of M_0 and that of M_t. */
  cosine: number;
  /** How many of these have an all-zero map in M_t: it has not moved, it is gone. Older results lack it. */
  dark?: number;
  /** Share of the images whose map has its peak on the object; absent without masks. */
  pointingGame?: Drop;
  /** Share of the attention that lies on the object; absent without masks. */
  energyInside?: Drop;
}

/**
 * Accuracy of the images of each step's classes among all classes, after a correction of the head that needs
 * no image of an old class. Both are more than the paper's learner does.
 */
export interface CorrectedAccuracy {
  /** The weights of the newest classes are scaled to the mean norm of the older ones. */
  alignedNorms: number[];
  /** The nearest class mean, each kept from the step in which its class was learned. */
  classMeans: number[];
}

/**
 * A diagnosis, for which images of all old classes are needed: accuracy of the images of each step's classes
 * among all classes by a linear probe of pooled features, which is trained on training images of all of them.
 */
export interface ProbeAccuracy {
  /** Of M_t's features. */
  probe: number[];
  /** Control: of M_0's features, which has never seen the classes of later steps. */
  probeOfFirst: number[];
  /** Control: of the features of the network that M_0 was before its training. */
  probeOfUntrained: number[];
}

/** Metrics after a step, on images of all classes seen so far. Shares are between 0 and 1. */
export interface StepMetrics {
  /** t; 0 is the base step. */
  step: number;
  /** Number of classes seen so far. */
  classesSeen: number;
  /** Names of the classes that each step brought, in the order of learning. */
  classNames: string[][];
  /** Top-1 accuracy: share of the images that are classified rightly among all classes seen. */
  accuracy: number;
  /** Top-5 accuracy: share of the images whose class is among the five with the highest scores. */
  accuracyTop5: number;
  /** Top-1 accuracy of the images of each step's classes by themselves. */
  accuracyOfSteps: number[];
  /** Mean over the classes of each class's accuracy. */
  meanClassAccuracy: number;
  /** (C, C) counts; rows are true classes, columns predicted ones, in the order of learning. */
  confusion: number[][];
  /** What is left of M_0's attention, on images of the base classes, for their true class. */
  attention: AttentionRetention;
  /** (S, S) counts: of the step of the true class, as which step's class. Older results lack it and the rest. */
  confusionOfSteps?: number[][];
  /** Accuracy of each step's images where only the classes of their step compete, as if the step were told. */
  toldAccuracyOfSteps?: number[];
  /** What two corrections of the head change. */
  corrected?: CorrectedAccuracy;
  /** What the features still know. */
  diagnosis?: ProbeAccuracy;
}

/** Written beside the types, not the types from it: a package's types must not have to be inferred. */
type SchemaOf<T> = { [Field in keyof T]-?: z.ZodType<T[Field]> };

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const ratio = z.number().min(0).max(1 + 1e-9); // of sums, which round
const drop = z.strictObject({ first: ratio, now: ratio, drop: z.number().min(-1).max(1) });
const attention = {
  images: count,
  cosine: ratio,
  dark: count.optional(),
  pointingGame: drop.optional(),
  energyInside: drop.optional(),
} satisfies SchemaOf<AttentionRetention>;
const shares = z.array(share).min(1);
const corrected = { alignedNorms: shares, classMeans: shares } satisfies SchemaOf<CorrectedAccuracy>;
const diagnosis = {
  probe: shares,
  probeOfFirst: shares,
  probeOfUntrained: shares,
} satisfies SchemaOf<ProbeAccuracy>;
const fields = {
  step: count,
  classesSeen: z.int().min(1),
  classNames: z.array(z.array(z.string())).min(1),
  accuracy: share,
  accuracyTop5: share,
  accuracyOfSteps: shares,
  meanClassAccuracy: share,
  confusion: z.array(z.array(z.number())),
  attention: z.object(attention),
  confusionOfSteps: z.array(z.array(count)).optional(),
  toldAccuracyOfSteps: shares.optional(),
  corrected: z.strictObject(corrected).optional(),
  diagnosis: z.strictObject(diagnosis).optional(),
} satisfies SchemaOf<StepMetrics>;

export const stepMetricsSchema: z.ZodObject<typeof fields> = z.object(fields);
