/**
 * The figures: pure functions from plain numbers and pixels to one self-contained SVG each. No tensors in here.
 * @module
 */
export { confidenceInterval, mean, sampleStandardDeviation, studentQuantile } from "../statistics.ts";
export type { Interval } from "../statistics.ts";
export { accuracyCurve } from "./accuracy_curve.ts";
export type { AccuracyCurve } from "./accuracy_curve.ts";
export { attentionGrid } from "./attention_grid.ts";
export type { AttentionGrid } from "./attention_grid.ts";
export { attentionRetention } from "./attention_retention.ts";
export type { AttentionRetention, RetentionCell, RetentionExample } from "./attention_retention.ts";
export { attentionRetentionCurve } from "./attention_retention_curve.ts";
export { attentionShift } from "./attention_shift.ts";
export type { AttentionShift, AttentionShiftExample } from "./attention_shift.ts";
export { confusionMatrix } from "./confusion_matrix.ts";
export type { Confusion, ConfusionMatrices } from "./confusion_matrix.ts";
export { contactSheet } from "./contact_sheet.ts";
export type { ContactSheet } from "./contact_sheet.ts";
export { engineThroughput } from "./engine_throughput.ts";
export type { EngineThroughput, ThroughputBase, ThroughputRow } from "./engine_throughput.ts";
export { gamma } from "./gamma.ts";
export type { GammaRun, GammaRuns } from "./gamma.ts";
export { gammaEffect } from "./gamma_effect.ts";
export type { GammaEffect, LossVariant } from "./gamma_effect.ts";
export { overlay, unitMap } from "./kit/overlay.ts";
export type { AttentionMap, OverlayOptions } from "./kit/overlay.ts";
export { encodePng, pngDataUri } from "./kit/png.ts";
export { renderPng } from "./kit/render.ts";
export type { Figure } from "./kit/svg.ts";
export { l1L2 } from "./l1_l2.ts";
export type { DistanceRun, DistanceRuns } from "./l1_l2.ts";
export { methodOverview } from "./method_overview.ts";
export type { MethodOverview } from "./method_overview.ts";
export { displayFigure, showFigure, showTable } from "./notebook.ts";
export type { DisplayData } from "./notebook.ts";
export { table } from "../table.ts";
export type { Table, TableRow } from "../table.ts";
export type { MethodRun, MethodRuns, Setting } from "./runs.ts";
export { drawFigure, figureDirectory, saveFigure } from "./save.ts";
export type { SaveOptions } from "./save.ts";
export type { ClassScore } from "./score_bars.ts";
export { stepBars } from "./step_bars.ts";
export type { StepBars } from "./step_bars.ts";
export { trainingCurve } from "./training_curve.ts";
export type { TrainingCurve } from "./training_curve.ts";
export { whatAndWhy } from "./what_and_why.ts";
export type { WhatAndWhy, WhatAndWhyExample } from "./what_and_why.ts";
