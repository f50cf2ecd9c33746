/**
 * The form of what is measured after a step, from which its types follow. `metrics.json` has all of it; the
 * records of studies leave out what no table needs.
 * @module
 */
import { z } from "zod";

const share = z.number().min(0).max(1);

const drop = z.object({
  /** Of M_0's maps, between 0 and 1. */
  first: share,
  /** Of M_t's maps, between 0 and 1. */
  now: share,
  /** first − now, between −1 and 1. */
  drop: z.number().min(-1).max(1),
});

const attention = z.object({
  /** How many images count. */
  images: z.int().min(0),
  /** Cosine between the map of M_0 and that of M_t. */
  cosine: z.number(),
  /** How many of these have an all-zero map in M_t: it has not moved, it is gone. Older results lack it. */
  dark: z.int().min(0).optional(),
  /** Share of the images whose map has its peak on the object; absent without masks. */
  pointingGame: drop.optional(),
  /** Share of the attention that lies on the object; absent without masks. */
  energyInside: drop.optional(),
});

const fields = {
  /** t; 0 is the base step. */
  step: z.int().min(0),
  /** Number of classes seen so far. */
  classesSeen: z.int().min(1),
  /** Names of the classes that each step brought, in the order of learning. */
  classNames: z.array(z.array(z.string())).min(1),
  /** Top-1 accuracy: share of the images that are classified rightly among all classes seen. */
  accuracy: share,
  /** Top-5 accuracy: share of the images whose class is among the five with the highest scores. */
  accuracyTop5: share,
  /** Top-1 accuracy of the images of each step's classes by themselves. */
  accuracyOfSteps: z.array(share).min(1),
  /** Mean over the classes of each class's accuracy. */
  meanClassAccuracy: share,
  /** (C, C) counts; rows are true classes, columns predicted ones, in the order of learning. */
  confusion: z.array(z.array(z.number())),
  /** What is left of M_0's attention, on images of the base classes, for their true class. */
  attention,
};

export const stepMetricsSchema: z.ZodObject<typeof fields> = z.object(fields);

/** @internal */
export type StepMetricsFields = z.infer<typeof stepMetricsSchema>;

/** Metrics after a step, on images of all classes seen so far. Shares are between 0 and 1. */
export type StepMetrics = StepMetricsFields;

/** How much of M_0's attention is left in M_t: means over the images. */
export type AttentionRetention = StepMetrics["attention"];

/** How a measure of the maps fell from M_0 to M_t. */
export type Drop = NonNullable<AttentionRetention["pointingGame"]>;
