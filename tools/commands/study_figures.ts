/**
 * Saves the figures that a study's file names.
 * @module
 */
import { figures } from "../../lib/mod.ts";
import { dataDirectory } from "../../lib/run/folder.ts";
import type { Run } from "../../lib/run/run.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { attentionRetentionNumbers, baseAttention } from "../../lib/study/base_attention.ts";
import { isDrawnFromRecords, studyFigure } from "../../lib/study/figure_numbers.ts";
import { select, type Study, type StudyFigure } from "../../lib/study/study.ts";
import { typicalImage } from "../../lib/study/typical_image.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Log, showPath } from "./command_line.ts";
import { openRun } from "./run.ts";

/** The paper's picture shows this many increments. */
const INCREMENTS_SHOWN = 4;

/** What {@linkcode saveStudyFigures} needs. */
export interface FigurePlace {
  readonly directory?: string;
  /** Where the figures go; by default where figures of their preset and engine belong. */
  readonly out?: string;
  readonly log: Log;
}

/** Saves the figures whose runs are finished. Those of attention need the models themselves, and are left out where there are none. */
export async function saveStudyFigures(study: Study, place: FigurePlace): Promise<void> {
  const { out, log } = place;
  const saved: string[] = [];
  for (const figure of study.figures) {
    try {
      if (isDrawnFromRecords(figure)) await saveFromRecords(study, figure, place);
      else await saveAttention(study, figure, place);
      saved.push(figure.name);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      log(`\n${figure.name} stays as it is: ${error.message}`);
    }
  }
  if (saved.length > 0) {
    log(`\nFigures: ${saved.join(", ")}${out === undefined ? "" : ` in ${showPath(out)}`}`);
  }
}

async function saveFromRecords(
  study: Study,
  { name }: StudyFigure,
  { out, log }: FigurePlace,
): Promise<void> {
  const { missing } = await studyFigure(study, name, { directory: out, log });
  if (missing > 0) throw new UserError(`${missing} of its runs are not finished.`);
}

/** Asks the models of the first increments where they look, and draws a typical image. */
async function saveAttention(
  study: Study,
  figure: StudyFigure,
  { directory, out, log }: FigurePlace,
): Promise<void> {
  const records = (figure.runs ?? [{}]).flatMap((selector) => select(study.records, selector));
  const seed = Math.min(...records.map(({ configuration }) => configuration.seed));
  const runs: Run[] = [];
  for (
    const { configuration, engine } of records.filter(({ configuration }) => configuration.seed === seed)
  ) {
    // They share engine and images, of which the first says all there is to say.
    runs.push(
      await openTrained({ ...configuration, engine }, { directory, log: runs.length === 0 ? log : () => {} }),
    );
  }
  const through = Math.min(INCREMENTS_SHOWN, runs[0].steps.length - 1);
  const attention = await baseAttention(runs, through);
  const { image, choice } = typicalImage(attention);
  const numbers = { ...attentionRetentionNumbers(attention, [image]), seed, choice };
  await figures.saveFigure(figure.name, figures.attentionRetention, numbers, { directory: out, log });
}

async function openTrained(
  configuration: Configuration,
  { directory = dataDirectory(), log }: { directory?: string; log: Log },
): Promise<Run> {
  const run = await openRun(configuration, { directory }, log);
  if (await run.isTrained(Math.min(INCREMENTS_SHOWN, run.steps.length - 1))) return run;
  throw new UserError(
    `Expected the models of ${configuration.method}, seed ${configuration.seed}, in ${
      showPath(run.folders.method)
    } but ` +
      "found none. Train the study here with --again to draw it anew.",
  );
}
