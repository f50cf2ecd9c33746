/**
 * Every figure by its name: the function that draws it from plain numbers, which are its JSON file.
 * @module
 */
import { numbersFromJson } from "../files.ts";
import { UserError } from "../user_error.ts";
import { ages } from "./ages.ts";
import { stepBars } from "./answers.ts";
import { attentionGrid, attentionRetention } from "./attention_maps.ts";
import { blindSpot } from "./blind_spot.ts";
import { accuracyCurve, attentionRetentionCurve } from "./curves.ts";
import { methodOverview, protocol } from "./diagrams.ts";
import { contactSheet, forgettingPicture, whatAndWhy } from "./examples.ts";
import { gradientShares } from "./gradient_shares.ts";
import type { Figure } from "./kit/svg.ts";
import { forest, front } from "./forest_and_front.ts";
import { sharesByModel } from "./shares_by_model.ts";
import { stepFilm } from "./step_film.ts";
import { trainingCurve } from "./training_curve.ts";
import { twoByTwo } from "./two_by_two.ts";

/** The figures; `figure` in a JSON file is one of these names. */
export const FIGURES = {
  accuracyCurve,
  ages,
  attentionGrid,
  attentionRetention,
  attentionRetentionCurve,
  blindSpot,
  contactSheet,
  forest,
  forgettingPicture,
  front,
  gradientShares,
  methodOverview,
  protocol,
  sharesByModel,
  stepBars,
  stepFilm,
  trainingCurve,
  twoByTwo,
  whatAndWhy,
};

/**
 * Draws a figure again from the text of its JSON file. The numbers are checked by being drawn.
 * @throws {UserError} if the text names no figure, or has not the numbers that the figure draws
 */
export function drawFigure(json: string): Figure {
  const { figure = "", ...numbers } = numbersFromJson(json) as { figure?: string };
  if (!Object.hasOwn(FIGURES, figure)) {
    throw new UserError(
      `Expected "figure" to be one of ${Object.keys(FIGURES).join(", ")} but found "${figure}". ` +
        "Correct the file.",
    );
  }
  try {
    const drawn = (FIGURES[figure as keyof typeof FIGURES] as (numbers: object) => Figure)(numbers);
    const gap = drawn.svg.replaceAll(/base64,[^"]*/g, "").match(/\b(NaN|undefined)\b/);
    if (gap !== null) throw new TypeError(`${gap[0]} in the drawing`);
    return drawn;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const found = (error as Error).message;
    throw new UserError(`Expected the numbers of ${figure} but found others: ${found}. Restore the file.`);
  }
}
