/**
 * Saves the figures that a study's file names.
 * @module
 */
import { join } from "node:path";
import { attentionRetention, saveFigure } from "../../lib/figures/mod.ts";
import { figureDirectory } from "../../lib/figures/save.ts";
import type { Run } from "../../lib/run/run.ts";
import { attentionRetentionNumbers, baseAttention } from "../../lib/study/base_attention.ts";
import { isDrawnFromRecords, studyFigure } from "../../lib/study/figure_numbers.ts";
import { shareFirstModel } from "../../lib/study/run_record.ts";
import { recordsOfFigure, type Study, type StudyFigure } from "../../lib/study/study.ts";
import { typicalImage } from "../../lib/study/typical_image.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Log, showPath } from "./command_line.ts";
import { folderOf, mistakeOf, openRun } from "./run.ts";

/** The paper's picture shows this many increments. */
const INCREMENTS_SHOWN = 4;

export interface FigurePlace {
  readonly directory?: string;
  /** Where the figures go; by default where figures of their preset and engine belong. */
  readonly out?: string;
  readonly log: Log;
}

/**
 * Saves the figures whose runs are finished. Those of attention need the models themselves, and are left out
 * where there are none.
 * @returns the paths of the figures, without their endings
 */
export async function saveStudyFigures(study: Study, place: FigurePlace): Promise<string[]> {
  const { out, log } = place;
  const saved: string[] = [];
  for (const figure of study.figures) {
    const mistake = await mistakeOf(async () => {
      const [{ configuration: { preset }, engine }] = recordsOfFigure(study, figure);
      const directory = out ?? await figureDirectory(figure.name, { preset, engine }, log);
      if (isDrawnFromRecords(figure)) {
        const { missing } = await studyFigure(study, figure.name, { directory });
        if (missing > 0) throw new UserError(`${missing} of its runs are not finished.`);
      } else await saveAttention(study, figure, { ...place, out: directory });
      saved.push(join(directory, figure.name));
    });
    if (mistake !== undefined) log(`\n${figure.name} stays as it is: ${mistake}`);
  }
  if (saved.length > 0) log(`\nFigures: ${saved.map((path) => `${showPath(path)}.svg`).join(", ")}`);
  return saved;
}

/** Asks the models of the first increments where they look, and draws a typical image. */
async function saveAttention(study: Study, figure: StudyFigure, { directory, out, log }: FigurePlace) {
  const records = recordsOfFigure(study, figure);
  const seed = Math.min(...records.map(({ configuration }) => configuration.seed));
  const runs: Run[] = [];
  for (const { configuration, engine, metrics } of records.filter((run) => run.configuration.seed === seed)) {
    // They share engine and images, of which the first says all there is to say.
    const run = await openRun(
      // Older records lack the code.
      { ...configuration, engine, code: configuration.code ?? "current" },
      { directory },
      runs.length === 0 ? log : () => {},
    );
    if (!await run.isTrained(Math.min(INCREMENTS_SHOWN, run.steps.length - 1))) {
      throw new UserError(
        `Expected the models of ${configuration.method}, seed ${seed}, in ${folderOf(run)} but found none. ` +
          "Train the study here with --again to draw it anew.",
      );
    }
    if (!shareFirstModel([await run.metrics(0)], metrics)) {
      throw new UserError(
        `Expected the models of the results in ${
          folderOf(run)
        } but found another M_0. Train the study here with --again.`,
      );
    }
    runs.push(run);
  }
  const attention = await baseAttention(runs, Math.min(INCREMENTS_SHOWN, runs[0].steps.length - 1));
  const { image, choice } = typicalImage(attention);
  const numbers = { ...attentionRetentionNumbers(attention, [image]), seed, choice };
  await saveFigure(figure.name, attentionRetention, numbers, { directory: out });
}
