/**
 * The figures that notebooks and users draw: pure functions from plain numbers and pixels to one
 * self-contained SVG each. No tensors in here. `registry.ts` has every figure.
 * @module
 */
export * from "./ages.ts";
export * from "./answers.ts";
export * from "./attention_maps.ts";
export * from "./blind_spot.ts";
export { accuracyCurve, attentionRetentionCurve } from "./curves.ts";
export * from "./diagrams.ts";
export * from "./examples.ts";
export * from "./forest_and_front.ts";
export * from "./gradient_shares.ts";
export { drawFigure } from "./registry.ts";
export { saveFigure, showFigure, showTable } from "./save.ts";
export * from "./shares_by_model.ts";
export * from "./step_film.ts";
export * from "./training_curve.ts";
export { twoByTwoForm } from "./two_by_two.ts";

export type { AccuracyCurve, MethodRun, MethodRuns, Reference } from "./curves.ts";
export type { ClassScore } from "./kit/chart.ts";
export type { AttentionMap } from "./kit/overlay.ts";
export type { LabeledPicture } from "./kit/picture_grid.ts";
export type { DatasetOrigin, Figure, Origin } from "./kit/svg.ts";
export type { SaveOptions } from "./save.ts";
export type { TwoByTwo } from "./two_by_two.ts";
export type { TableRow } from "../table.ts";
