/**
 * From a model of a run to the figure `what-and-why`.
 * @module
 */
import { allDraws, type Draw, readPicture } from "../data/mod.ts";
import { mapCosine } from "../evaluation/attention_retention.ts";
import { type NearestClass, nearestClasses } from "../evaluation/nearest_classes.ts";
import type { WhatAndWhy, WhatAndWhyExample } from "../figures/mod.ts";
import { outputKind, shareOnObject } from "../run/evaluate_step.ts";
import type { Run } from "../run/run.ts";

/** Classes shown for each image. */
const CLASSES = 3;

/**
 * Looks among images of classes that M_t does not know for those that resemble two known classes for different reasons: the
 * score of the second class is high, its map lies elsewhere than that of the first (one minus the maps' cosine), and both
 * lie on the object. At most one image a class is taken.
 *
 * @param run trained through step t
 * @param options t, and how many images are wanted
 * @returns what the figure draws, the clearest case first
 */
export async function whatAndWhyNumbers(
  run: Run,
  { step, count }: { step: number; count: number },
): Promise<WhatAndWhy> {
  const { dataset, configuration } = run;
  const set = run.evaluationImages(run.steps[step + 1]);
  const draws = allDraws(set);
  const model = await run.model(step);
  const nearest = await nearestClasses(model, set, draws, {
    ...run.evaluationPasses,
    count: CLASSES,
    outputs: outputKind(configuration, step),
  }).finally(() => model.dispose());

  const onObject = (draw: Draw, { map, mapSize }: NearestClass) => shareOnObject(set, draw, map, mapSize);
  const ranked = draws.map((draw, i) => {
    const [first, second] = nearest[i];
    // An all-zero map lies nowhere, so it counts as 0 here.
    const different = onObject(draw, first) * onObject(draw, second) * (1 - mapCosine(first.map, second.map));
    return { draw, classes: nearest[i], clarity: second.score * different };
  }).sort((a, b) => b.clarity - a.clarity);
  const classOf = ({ image }: Draw) => set.labels[image];
  const best = ranked.filter(({ draw }, i) =>
    ranked.findIndex((other) => classOf(other.draw) === classOf(draw)) === i
  ).slice(0, count);
  return {
    preset: configuration.preset,
    engine: run.engine.name,
    dataset: dataset.name,
    model: `M_{${step}}`,
    examples: best.map(({ draw, classes }): WhatAndWhyExample => ({
      image: readPicture(set, draw),
      label: dataset.classNames[classOf(draw)],
      classes: classes.map(({ className, score, map, mapSize }) => ({
        className,
        score,
        map: { size: mapSize[0], values: map },
      })),
    })),
  };
}
