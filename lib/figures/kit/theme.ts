/**
 * What all figures share: the font, the greys, the width, and one color and symbol for each method.
 * @module
 */

/** The methods of the paper: finetuning, Learning without Forgetting for many classes, Learning without Memorizing. */
export type Method = "C" | "LwF-MC" | "LwM";

/** The methods in the order in which figures list them. */
export const METHODS: readonly Method[] = ["C", "LwF-MC", "LwM"];

/** Okabe and Ito's colors, which color-blind readers can tell apart, too. */
export const PALETTE = {
  vermilion: "#d55e00",
  blue: "#0072b2",
  green: "#009e73",
  orange: "#e69f00",
  purple: "#cc79a7",
  sky: "#56b4e9",
} as const;

/** The one color of each method, in every figure. */
export const METHOD_COLORS: Readonly<Record<Method, string>> = {
  "C": PALETTE.vermilion,
  "LwF-MC": PALETTE.blue,
  "LwM": PALETTE.green,
};

/** Shapes that d3 and Plot know by these names. */
export type SymbolName = "circle" | "square" | "triangle" | "diamond";

/** The one symbol of each method, so that no figure depends on color alone. */
export const METHOD_SYMBOLS: Readonly<Record<Method, SymbolName>> = {
  "C": "circle",
  "LwF-MC": "square",
  "LwM": "triangle",
};

/** Teacher and student where both are drawn side by side. */
export const TEACHER_COLOR = "#7a7a7a";
/** See {@linkcode TEACHER_COLOR}. */
export const STUDENT_COLOR: string = PALETTE.sky;

/** DejaVu Sans is what Linux has; the others are there on other systems. */
export const FONT = "DejaVu Sans, Verdana, sans-serif";
/** Text and axes. */
export const INK = "#222222";
/** Text of second rank. */
export const MUTED = "#666666";
/** Grid lines and frames. */
export const FAINT = "#dddddd";

/** Width of every figure in pixels: what GitHub shows at 100 %. */
export const FIGURE_WIDTH = 840;
