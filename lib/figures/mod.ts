/**
 * The figures: pure functions from plain numbers and pixels to one self-contained SVG each. No tensors in
 * here. These are what notebooks and users need; `registry.ts` has every figure.
 * @module
 */
export { stepBars } from "./answers.ts";
export { attentionGrid, attentionRetention } from "./attention_maps.ts";
export { blindSpot } from "./blind_spot.ts";
export { attentionRetentionCurve } from "./curves.ts";
export { methodOverview, protocol } from "./diagrams.ts";
export { contactSheet, forgettingPicture, whatAndWhy } from "./examples.ts";
export { drawFigure } from "./registry.ts";
export { forest, front } from "./forest_and_front.ts";
export { saveFigure, showFigure, showTable } from "./save.ts";
export { trainingCurve } from "./training_curve.ts";
export { twoByTwoForm } from "./two_by_two.ts";

export type { KeptShares, StepBars } from "./answers.ts";
export type * from "./attention_maps.ts";
export type * from "./blind_spot.ts";
export type { AccuracyCurve, MethodRun, MethodRuns, Reference } from "./curves.ts";
export type * from "./diagrams.ts";
export type * from "./examples.ts";
export type { ClassScore } from "./kit/chart.ts";
export type { AttentionMap } from "./kit/overlay.ts";
export type { LabeledPicture } from "./kit/picture_grid.ts";
export type { DatasetOrigin, Figure, Origin } from "./kit/svg.ts";
export type * from "./forest_and_front.ts";
export type { SaveOptions } from "./save.ts";
export type * from "./training_curve.ts";
export type { TwoByTwo } from "./two_by_two.ts";
export type { TableRow } from "../table.ts";
