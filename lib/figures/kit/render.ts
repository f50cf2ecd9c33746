/**
 * The picture of a figure, for places that show no SVG. Its font comes with the project: a machine without
 * fonts would draw boxes, and another font other pictures.
 * @module
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// Imported so that Deno installs the package; the fonts themselves are read by fontconfig.
import fontPackage from "dejavu-fonts-ttf/package.json" with { type: "json" };
import sharp from "sharp";
import { writeFileWhole } from "../../files.ts";
import type { Figure } from "./svg.ts";

/** SVG has 72 pixels an inch at 100 %; twice as many are sharp on a fine screen. */
const CHART_DENSITY = 144;
/** Pictures need full color and so more bytes. */
const PICTURE_DENSITY = 108;

/**
 * Renders a figure with librsvg.
 * @returns a PNG file of twice the figure's width and height, or one and a half times where it holds
 * pictures; on white
 */
export async function renderPng({ svg }: Figure): Promise<Uint8Array> {
  await provideFonts();
  const hasPictures = svg.includes("<image");
  const density = hasPictures ? PICTURE_DENSITY : CHART_DENSITY;
  // 256 colors are plenty for a chart, but not for pictures.
  const format = hasPictures
    ? { adaptiveFiltering: true, compressionLevel: 9 }
    : { palette: true, effort: 7 };
  const png = await sharp(new TextEncoder().encode(svg), { density })
    .flatten({ background: "white" })
    .png(format)
    .toBuffer();
  return Uint8Array.from(png);
}

let provided: Promise<void> | undefined;

/**
 * Makes DejaVu Sans known to fontconfig, and so to librsvg. Call it before the first text is drawn.
 * `FONTCONFIG_FILE` in the environment takes precedence. All processes of a user share one folder of the
 * temporary directory, since a notebook kernel is killed and has no chance to clean up.
 */
export function provideFonts(): Promise<void> {
  return provided ??= (async () => {
    if (Deno.env.has("FONTCONFIG_FILE")) return;
    const fonts = fileURLToPath(new URL("ttf", import.meta.resolve("dejavu-fonts-ttf/package.json")));
    const folder = join(tmpdir(), `${fontPackage.name}-${fontPackage.version}-${Deno.uid() ?? "user"}`);
    const configuration = join(folder, "fonts.conf");
    await writeFileWhole(
      configuration,
      `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">` +
        `<fontconfig><dir>${fonts}</dir><cachedir>${folder}</cachedir></fontconfig>`,
    );
    Deno.env.set("FONTCONFIG_FILE", configuration);
  })();
}
