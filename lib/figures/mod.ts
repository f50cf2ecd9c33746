/**
 * The figures: pure functions from plain numbers and pixels to one self-contained SVG each. No tensors in
 * here. These are what notebooks and users need; `all.ts` has them all.
 * @module
 */
export {
  type AttentionGrid,
  attentionGrid,
  attentionRetention,
  type AttentionRetentionNumbers,
  attentionScrubber,
  type RetentionCell,
  type RetentionExample,
} from "./attention_maps.ts";
export * from "./attention_shift.ts";
export { type Confusion, type ConfusionMatrices, confusionMatrix } from "./confusion_matrix.ts";
export { type ContactSheet, contactSheet } from "./contact_sheet.ts";
export { attentionRetentionCurve } from "./curves.ts";
export { type ForgettingPicture, forgettingPicture, type ForgottenImage } from "./forgetting.ts";
export { type GammaEffect, gammaEffect, type LossVariant } from "./gamma_effect.ts";
export { type InteractiveFigure } from "./kit/html.ts";
export { type AttentionMap } from "./kit/attention_map.ts";
export { type LabeledPicture } from "./kit/overlay.ts";
export { type Figure } from "./kit/svg.ts";
export { type MethodOverview, methodOverview } from "./method_overview.ts";
export { showFigure, showInteractive, showTable } from "./notebook.ts";
export type { DatasetSetting, MethodRun, MethodRuns, Reference, Setting } from "./runs.ts";
export { drawFigure, saveFigure, type SaveOptions } from "./save.ts";
export { type ClassScore } from "./score_bars.ts";
export { type StepBars, stepBars } from "./step_bars.ts";
export { type ModelLoss, type TrainingCurve, trainingCurve } from "./training_curve.ts";
export { type TwoByTwo, twoByTwoForm, type TwoByTwoMeasures } from "./two_by_two.ts";
export { type WhatAndWhy, whatAndWhy, type WhatAndWhyExample } from "./what_and_why.ts";
export { type Table, type TableRow } from "../table.ts";
