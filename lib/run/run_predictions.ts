import { headPositions } from "../data/mod.ts";
import { predict, type Predictions } from "../evaluation/mod.ts";
import { evaluationImages, evaluationPasses } from "./evaluation_images.ts";
import type { Run } from "./run.ts";

/**
 * What M_t makes of the images that the run is evaluated on.
 *
 * @param run trained through step t
 * @param step t
 * @param classIds of which classes the images are; default all that M_t knows
 * @returns scores of all classes that M_t knows, and maps for the true class, in the order of the evaluation images
 * @throws {UserError} where the step is not trained yet
 */
export async function runPredictions(
  run: Run,
  step: number,
  classIds: readonly number[] = run.steps.slice(0, step + 1).flat(),
): Promise<Predictions> {
  const model = await run.model(step);
  try {
    return await predict(model, evaluationImages(run, classIds), {
      ...evaluationPasses(run),
      headPositions: headPositions(run.classOrder),
    });
  } finally {
    model.dispose();
  }
}
