/**
 * One image for the figure `caltech-101-attention`, chosen by a rule, and the form in which the figure is
 * kept: with the image, so that it can be drawn where the data set is not.
 * @module
 */
import { rightAnswers } from "../evaluation/accuracy.ts";
import { mapOf } from "../evaluation/attention_retention.ts";
import type { AttentionRetentionNumbers } from "../figures/attention_maps.ts";
import { Run } from "../run/run.ts";
import { median } from "../statistics.ts";
import { UserError } from "../user_error.ts";
import {
  attentionRetentionNumbers,
  type BaseAttention,
  baseAttention,
  type RunAttention,
} from "./model_figures.ts";
import { type RunRecord, shareFirstModel } from "./run_record.ts";
import type { MethodName } from "../training/method.ts";

/** How an image was chosen; see {@linkcode typicalImage}. */
export interface ImageChoice {
  /** The class that stays recognizable. */
  readonly className: string;
  /** Its test images. */
  readonly testImages: number;
  /** How many of these the last model of each method recognizes. */
  readonly recognizedByLast: readonly { readonly method: MethodName; readonly images: number }[];
  /**
   * Median over the test images of all base classes that M_0 recognizes: LwM's cosine in the last model minus
   * LwF-MC's.
   */
  readonly medianDifference: number;
  /** The same difference for the image that was chosen. */
  readonly difference: number;
}

/**
 * Chooses the image by which a difference in attention is fairly shown.
 *
 * 1. The **candidates**: test images of base classes that M_0 recognizes and has a map for, if the map is in
 *    the more peaked half of these (peak over mean). Of a map that is nearly the same everywhere nobody could
 *    see whether it moves.
 * 2. The **class**: of those with a candidate, the one of whose test images the last models of LwF-MC and LwM
 *    recognize the largest share, the mean of both; the first in the order of learning where several are
 *    equal. So it stays recognizable, and neither method is preferred.
 * 3. The **image**: its candidate in which LwM's cosine exceeds LwF-MC's by what is nearest to the median
 *    over all test images of the base classes that M_0 recognizes. So it is neither the best case nor the
 *    worst.
 * @param attention of runs of LwF-MC and LwM, and perhaps of others
 * @returns the image's number, and how it was found
 * @throws {UserError} where a method is missing, or M_0 recognizes nothing
 */
export function typicalImage({ labels, counted, runs }: BaseAttention): {
  image: number;
  choice: ImageChoice;
} {
  const [LwF, LwM] = (["LwF-MC", "LwM"] as const).map((method) => {
    const run = runs.find((run) => run.method === method);
    if (run !== undefined) return run;
    throw new UserError(
      `Expected runs of LwF-MC and LwM to choose an image from but found none of ${method}. Train it as well.`,
    );
  });
  const [M_0] = runs[0].predictions;
  const byFirst = rightAnswers(M_0);
  const recognized = counted.filter((image) => byFirst[image] === 1);
  if (recognized.length === 0) {
    throw new UserError(
      "Expected M_0 to recognize a test image but found none. Train the base step for longer.",
    );
  }
  const peaks = recognized.map((image) => peakOverMean(mapOf(M_0, image)));
  const candidates = recognized.filter((_, i) => peaks[i] >= median(peaks));

  // A class is its column of the head: they stand in the order of learning.
  const imagesOf = (column: number) => [...labels.keys()].filter((image) => M_0.labels[image] === column);
  const keptOf = (column: number, { predictions }: RunAttention) => {
    const right = rightAnswers(predictions.at(-1)!);
    return imagesOf(column).filter((image) => right[image] === 1).length;
  };
  const kept = (column: number) => (keptOf(column, LwF) + keptOf(column, LwM)) / imagesOf(column).length;
  const column = [...new Set(candidates.map((image) => M_0.labels[image]))].sort((a, b) => a - b)
    .reduce((best, other) => kept(other) > kept(best) ? other : best);

  const difference = (image: number) => LwM.cosines.at(-1)![image] - LwF.cosines.at(-1)![image];
  const medianDifference = median(recognized.map(difference));
  const distance = (image: number) => Math.abs(difference(image) - medianDifference);
  const image = candidates.filter((candidate) => M_0.labels[candidate] === column)
    .reduce((best, other) => distance(other) < distance(best) ? other : best);
  return {
    image,
    choice: {
      className: labels[image],
      testImages: imagesOf(column).length,
      recognizedByLast: runs.map((run) => ({ method: run.method, images: keptOf(column, run) })),
      medianDifference,
      difference: difference(image),
    },
  };
}

function peakOverMean(map: Float32Array): number {
  const sum = map.reduce((total, value) => total + value, 0);
  return sum === 0 ? 0 : Math.max(...map) * map.length / sum;
}

/** The paper's picture shows this many increments. */
const INCREMENTS_SHOWN = 4;

/**
 * What the figure draws of the models of these runs: of those with the smallest seed, a typical image.
 * @param directory of data sets and runs
 * @throws {UserError} where the images or the models are missing, or the models are not those of the records
 */
export async function typicalAttention(
  records: readonly RunRecord[],
  directory?: string,
  log?: (line: string) => unknown,
): Promise<TypicalImage> {
  const seed = Math.min(...records.map(({ configuration }) => configuration.seed));
  const runs: Run[] = [];
  for (const { configuration, engine, metrics } of records) {
    if (configuration.seed !== seed) continue;
    // Older records lack the code.
    const { code = "current" } = configuration;
    const run = await Run.open({ ...configuration, engine, code }, {
      directory,
      log: runs.length === 0 ? log : undefined, // they share engine and images
    });
    const isThere = await run.isTrained(Math.min(INCREMENTS_SHOWN, run.steps.length - 1));
    if (!isThere || !shareFirstModel([await run.metrics(0)], metrics)) {
      throw new UserError(
        `Expected the models of ${configuration.method}, seed ${seed}, in ${run.folders.method} but found ` +
          `${isThere ? "another M_0" : "none"}. Train the study here with --out DIRECTORY to draw it anew.`,
      );
    }
    runs.push(run);
  }
  const attention = await baseAttention(runs, Math.min(INCREMENTS_SHOWN, runs[0].steps.length - 1));
  const { image, choice } = typicalImage(attention);
  return { ...attentionRetentionNumbers(attention, [image]), seed, choice };
}

/** What `figures/NAME-attention.json` holds: what the figure draws, of which seed, and why this image. */
export interface TypicalImage extends AttentionRetentionNumbers {
  /** Of the runs. */
  readonly seed: number;
  /** Why this image. */
  readonly choice: ImageChoice;
}
