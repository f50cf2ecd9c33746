/**
 * The colors of all maps and matrices.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { pngDataUri } from "./png.ts";
import { type Drawing, element, text, textWidth } from "./svg.ts";
import { MUTED } from "./theme.ts";

const STEPS = 256;

/** Inferno: perceptually uniform, from black to a pale yellow, readable in grey and by color-blind readers. */
const TABLE = colorTable("inferno");

/**
 * The color of a strength.
 *
 * @param strength from 0, black, to 1, pale yellow; values outside are drawn as the nearer end
 * @returns red, green and blue, three bytes
 */
export function heatColor(strength: number): Uint8Array {
  const step = Math.round(Math.min(1, Math.max(0, strength)) * (STEPS - 1));
  return TABLE.subarray(step * 3, step * 3 + 3);
}

/** The colors from 0 to 1 in one line, with what the two ends stand for. */
export function heatLegend(low: string, high: string, width = 120): Drawing {
  const left = textWidth(low, 11) + 10;
  const ramp = element("image", {
    x: left,
    y: 3,
    width,
    height: 12,
    preserveAspectRatio: "none",
    href: pngDataUri(TABLE, STEPS, 1),
    "aria-label": "color scale",
  });
  const style = { size: 11, color: MUTED };
  return {
    svg: text(0, 13, low, style) + ramp +
      text(left + width + 8, 13, high, style),
    width: left + width + 8 + textWidth(high, 11),
    height: 20,
  };
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
