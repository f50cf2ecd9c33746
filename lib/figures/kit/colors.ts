/**
 * What all figures share: the font, the grays, the width, and the colors of maps and matrices. Each method
 * has its color and symbol in its own entry, see `lib/training/method.ts`.
 * @module
 */
import * as Plot from "@observablehq/plot";

/** Okabe and Ito's colors, which color-blind readers can tell apart; methods have the first three. */
export const PALETTE = {
  vermilion: "#d55e00",
  blue: "#0072b2",
  green: "#009e73",
  orange: "#e69f00",
  purple: "#cc79a7",
  sky: "#56b4e9",
} as const;

/** Teacher and student where both are drawn side by side. */
export const TEACHER_COLOR = "#7a7a7a";
export const STUDENT_COLOR: string = PALETTE.sky;

/** DejaVu Sans on Linux, Verdana on other systems. */
export const FONT = "DejaVu Sans, Verdana, sans-serif";
/** Text and axes. */
export const INK = "#222222";
/** Secondary text. */
export const MUTED = "#666666";
/** Grid lines and frames. */
export const FAINT = "#dddddd";

/** Width of every figure in pixels: what GitHub shows at 100 %. */
export const FIGURE_WIDTH = 840;

const STEPS = 256;

/**
 * Inferno in 256 steps of three bytes: perceptually uniform, from black to a pale yellow, readable without
 * color.
 */
export const HEAT_COLORS: Uint8Array = colorTable("inferno");

/**
 * The color of a strength.
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
