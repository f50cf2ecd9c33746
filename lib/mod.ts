/**
 * Everything that notebooks and users import:
 *
 * ```ts ignore
 * import { configure, figures, trainRuns } from "lwm";
 * ```
 *
 * `evaluation` and `figures` are namespaces, because a measure and the figure of it have the same name. Types that only
 * complete a signature are exported beside it.
 * @module
 */
export * as evaluation from "./evaluation/mod.ts";
export * as figures from "./figures/mod.ts";
export { allClassMaps, gradCamClosedForm } from "./attention/grad_cam.ts";
export { type ClassPerImage } from "./attention/one_hot_classes.ts";
export {
  allDraws,
  type Batch,
  type Draw,
  epochBatches,
  type EpochOptions,
  type Normalization,
  readBatch,
  readMaskPicture,
  readMasks,
  readPicture,
} from "./data/batches.ts";
export { type Artist, IEMOJI_ARTISTS, IEMOJI_TEST_ARTISTS } from "./data/iemoji/artists.ts";
export { type Dataset, type ImageSet, type OpenOptions, type Picture, type Split } from "./data/image_set.ts";
export {
  type ClassCounts,
  classIncrementalSteps,
  type ClassSteps,
  headPositions,
  IncrementalStream,
} from "./data/protocol.ts";
export { type Engine, type EngineName } from "./engine/engine.ts";
export { useEngine, type UseEngineOptions } from "./engine/mod.ts";
export { type AttentionMaps, type AttentionRetention, type Drop } from "./evaluation/attention_retention.ts";
export { type AttentionShift } from "./evaluation/attention_shift.ts";
export { type ForwardOptions, type Predictions, type PredictOptions } from "./evaluation/predict.ts";
export { type LabeledScores } from "./evaluation/scores.ts";
export {
  type AttentionRetentionNumbers,
  type RetentionCell,
  type RetentionExample,
} from "./figures/attention_maps.ts";
export {
  type AttentionShiftExample,
  type AttentionShiftNumbers,
  type ShiftDistribution,
  type ShiftedImage,
} from "./figures/attention_shift.ts";
export { type AttentionMap } from "./figures/kit/attention_map.ts";
export { type LabeledPicture } from "./figures/kit/overlay.ts";
export { type Figure } from "./figures/kit/svg.ts";
export { type MethodOverview } from "./figures/method_overview.ts";
export {
  type DatasetSetting,
  type MethodRun,
  type MethodRuns,
  type Reference,
  type Setting,
} from "./figures/runs.ts";
export { type SaveOptions } from "./figures/save.ts";
export { type ClassScore } from "./figures/score_bars.ts";
export { type ModelLoss, type TrainingCurve } from "./figures/training_curve.ts";
export { type WhatAndWhy, type WhatAndWhyExample } from "./figures/what_and_why.ts";
export { type AttentionClass, type BaseClassScores, topBaseClass } from "./losses/attention_class.ts";
export {
  attentionDistillation,
  type AttentionDistillationOptions,
  type MapNorm,
} from "./losses/attention_distillation.ts";
export {
  type AttentionForm,
  attentionLoss,
  gradientsOverGamma,
  type LastStage,
} from "./losses/attention_form.ts";
export { type ClassificationKind, classificationLoss } from "./losses/classification.ts";
export { type DistillationKind, distillationLoss, type DistillationOptions } from "./losses/distillation.ts";
export { type ForwardPass, ResNet, type ResNetOptions, type Stem } from "./model/resnet.ts";
export { type SafeTensor } from "./model/safetensors.ts";
export { configure } from "./run/configuration.ts";
export { configurationHelp, type FieldHelp } from "./run/configuration_help.ts";
export { type StepMetrics } from "./run/evaluate_step.ts";
export { openDataset, type RunFolders } from "./run/folder.ts";
export { Run, type RunEpoch, type RunHooks, type RunProgress } from "./run/run.ts";
export { type Configuration, type DatasetName, type PresetName } from "./run/schema.ts";
export { trainRuns, type TrainRunsOptions } from "./run/train_runs.ts";
export {
  attentionRetentionNumbers,
  type BaseAttention,
  baseAttention,
  forgettingNumbers,
  type RunAttention,
} from "./study/base_attention.ts";
export { claimsTable, gainTable, type JudgedClaim, studyClaims } from "./study/claims.ts";
export { accuracyCurveNumbers, attentionRetentionCurveNumbers, studyFigure } from "./study/figure_numbers.ts";
export {
  attentionShiftNumbers,
  attentionShiftsOf,
  methodOverviewNumbers,
  shiftDistributionNumbers,
  whatAndWhyNumbers,
} from "./study/model_figures.ts";
export {
  type DropRecord,
  measuredRuns,
  type MeasureName,
  type RunRecord,
  type StepRecord,
} from "./study/run_record.ts";
export {
  type Claim,
  readStudy,
  select,
  type Selector,
  type Study,
  type StudyFigure,
  type StudyPlan,
} from "./study/study.ts";
export {
  lastAccuracyOfSteps,
  settingsTable,
  type SettingsTableOptions,
  stateTable,
  trainingCurveNumbers,
} from "./study/tables.ts";
export { type ImageChoice, readTypicalImage, type TypicalImage } from "./study/typical_image.ts";
export { type IterationBatch, type LossValues } from "./training/iteration.ts";
export {
  type BatchOutputs,
  defineMethod,
  type LossOptions,
  type LossTerm,
  type Method,
  type MethodName,
  methodNames,
  type MethodSymbol,
  type TunedFields,
} from "./training/method.ts";
export { type OptimizerOptions, Sgd } from "./training/optimizer.ts";
export { type TeacherAnswers } from "./training/teacher.ts";
export {
  type EpochLog,
  type StepOptions,
  stepOptions,
  type StepProgress,
  type StepsConfiguration,
} from "./training/train_step.ts";
export { print, type ProgressLine } from "./progress.ts";
export { type MapSize } from "./resize_map.ts";
export { type Ends, percent, type Verdict } from "./statistics.ts";
export { type DISPLAY, type Table, type TableRow } from "./table.ts";
export { type TermGradient, termGradients } from "./training/term_gradients.ts";
export { watchTraining } from "./study/watch_training.ts";
export { type ForgettingPicture, type ForgottenImage } from "./figures/forgetting.ts";
export {
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Variable,
} from "./tensors.ts";
