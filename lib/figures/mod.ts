/**
 * The figures: pure functions from plain numbers and pixels to one self-contained SVG each. No tensors in here.
 * @module
 */
export * from "./all.ts";
export { attentionScrubber } from "./attention_scrubber.ts";
export { type InteractiveFigure } from "./kit/html.ts";
export { type AttentionMap, overlay, type OverlayOptions } from "./kit/overlay.ts";
export { type Figure } from "./kit/svg.ts";
export { showFigure, showInteractive, showTable } from "./notebook.ts";
export { type MethodRun, type MethodRuns, type Outcome, type Reference, type Setting } from "./runs.ts";
export { drawFigure, saveFigure, type SaveOptions } from "./save.ts";
export { type ClassScore } from "./score_bars.ts";
export { type Table, table, type TableRow } from "../table.ts";
