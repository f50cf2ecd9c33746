/**
 * What all figures share: the font, the grays, the width, one color and symbol for each method, and the colors of maps and
 * matrices.
 * @module
 */
import * as Plot from "@observablehq/plot";

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

const STEPS = 256;

/** Inferno in 256 steps of three bytes: perceptually uniform, from black to a pale yellow, readable without color. */
export const HEAT_COLORS: Uint8Array = colorTable("inferno");

/**
 * The color of a strength.
 *
 * @param strength from 0, black, to 1, pale yellow; values outside are drawn as the nearer end
 * @returns red, green and blue, three bytes
 */
export function heatColor(strength: number): Uint8Array {
  const step = Math.round(Math.min(1, Math.max(0, strength)) * (STEPS - 1));
  return HEAT_COLORS.subarray(step * 3, step * 3 + 3);
}

/** A color scheme of Plot, which names its colors `#rrggbb`, as (256, 3) bytes. */
function colorTable(scheme: Plot.ColorScheme): Uint8Array {
  const scale = Plot.scale({ color: { type: "linear", scheme, domain: [0, 1] } });
  const table = new Uint8Array(STEPS * 3);
  for (let i = 0; i < STEPS; i++) {
    const hex = Number.parseInt(String(scale.apply(i / (STEPS - 1))).slice(1), 16);
    table.set([hex >> 16, (hex >> 8) & 255, hex & 255], i * 3);
  }
  return table;
}
