/**
 * Everything that notebooks and users import:
 *
 * ```ts ignore
 * import { configure, figures, trainRuns } from "lwm";
 * ```
 *
 * `evaluation` and `figures` are namespaces, because a measure and the figure of it have the same name. The
 * types after the functions complete their signatures.
 * @module
 */
export * as evaluation from "./evaluation/public.ts";
export * as figures from "./figures/public.ts";
export { allClassMaps, gradCamClosedForm } from "./attention/grad_cam.ts";
export {
  allDraws,
  epochBatches,
  readBatch,
  readMaskPicture,
  readMasks,
  readPicture,
} from "./data/batches.ts";
export { IEMOJI_ARTISTS, IEMOJI_TEST_ARTISTS } from "./data/iemoji/artists.ts";
export { classIncrementalSteps, headPositions, IncrementalStream } from "./data/protocol.ts";
export { topBaseClass } from "./losses/attention_class.ts";
export { attentionDistillation } from "./losses/attention_distillation.ts";
export { attentionLoss, gradientsOverGamma } from "./losses/attention_form.ts";
export { classificationLoss } from "./losses/classification.ts";
export { distillationLoss } from "./losses/distillation.ts";
export { ResNet } from "./model/resnet.ts";
export { print, withProgress } from "./progress.ts";
export { configure } from "./run/configuration.ts";
export { openDataset } from "./run/folder.ts";
export { Run } from "./run/run.ts";
export { trainRuns } from "./run/train_runs.ts";
export { decimal, median, percent } from "./statistics.ts";
export { accuracyByAge, agesNumbers } from "./study/ages.ts";
export { check } from "./study/exercises.ts";
export { forestNumbers, frontNumbers, readComparisons } from "./study/comparisons.ts";
export {
  attentionRetentionNumbers,
  attentionShiftsOf,
  baseAttention,
  blindSpotNumbers,
  forgettingNumbers,
  methodOverviewNumbers,
  stepFilmNumbers,
  whatAndWhyNumbers,
} from "./study/model_figures.ts";
export { accuracyCurveNumbers, attentionRetentionCurveNumbers } from "./study/record_figures.ts";
export { measuredRuns } from "./study/run_record.ts";
export { readStudy, select } from "./study/study.ts";
export { lastAccuracyOfSteps, settingsTable, stateTable } from "./study/tables.ts";
export { trainingCurveNumbers, watchTraining } from "./study/watch_training.ts";
export { iterate } from "./training/iteration.ts";
export { defineMethod, lossTerms, totalLoss } from "./training/method.ts";
export { Sgd } from "./training/optimizer.ts";
export { askTeacher } from "./training/teacher.ts";
export { stepOptions } from "./training/train_step.ts";

export type { ClassPerImage } from "./attention/one_hot_classes.ts";
export type { Batch, Draw, EpochOptions, Normalization } from "./data/batches.ts";
export type { Artist } from "./data/iemoji/artists.ts";
export type { Dataset, ImageSet, OpenOptions, Picture, Split } from "./data/image_set.ts";
export type { ClassCounts, ClassSteps } from "./data/protocol.ts";
export type { Engine, EngineName } from "./engine/engine.ts";
export type { UseEngineOptions } from "./engine/mod.ts";
export type { AttentionMaps } from "./evaluation/attention_retention.ts";
export type { AttentionShift, SeenByModel } from "./evaluation/attention_shift.ts";
export type { ForwardOptions, PooledFeatures, Predictions } from "./evaluation/predictions.ts";
export type { PredictOptions, SquareMap } from "./evaluation/predictions.ts";
export type { LabeledScores } from "./evaluation/scores.ts";
export type {
  AttentionRetention,
  CorrectedAccuracy,
  Drop,
  ProbeAccuracy,
} from "./evaluation/step_metrics.ts";
export type { StepMetrics } from "./evaluation/step_metrics.ts";
export type * from "./figures/public.ts";
export type * from "./losses/mod.ts";
export type * from "./model/mod.ts";
export type { MapSize } from "./resize_map.ts";
export type { RunFolders } from "./run/folder.ts";
export type { RunEpoch, RunHooks, RunProgress } from "./run/run.ts";
export type { Configuration, DatasetName, PresetName } from "./run/schema.ts";
export type { TrainRunsOptions } from "./run/train_runs.ts";
export type { Ends, Verdict } from "./statistics.ts";
export type { ProgressDisplay, ProgressLine } from "./progress.ts";
export type { SharesOfAges } from "./study/ages.ts";
export type { BaseAttention, RunAttention } from "./study/model_figures.ts";
export type { Comparison } from "./study/comparisons.ts";
export type { ComparedName, MeasureName, RunRecord, StepRecord } from "./study/run_record.ts";
export type { FIGURE_KINDS, PlannedComparison, Selector, Study, StudyFigure } from "./study/study.ts";
export type { StudyPlan } from "./study/study.ts";
export type { ImageChoice, TypicalImage } from "./study/typical_image.ts";
export type { DISPLAY, TableRow } from "./table.ts";
export type * from "./tensors.ts";
export type { IterationBatch, LossValues } from "./training/iteration.ts";
export type * from "./training/method.ts";
export type { OptimizerOptions } from "./training/optimizer.ts";
export type { TeacherAnswers } from "./training/teacher.ts";
export type { EpochLog, StepOptions, StepProgress, StepsConfiguration } from "./training/train_step.ts";
