/**
 * A figure where it is seen: in a notebook, as a table may be, and on disk with the numbers that it draws.
 * @module
 */
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
// Imported so that Deno installs the package; the fonts themselves are read by fontconfig.
import fontPackage from "dejavu-fonts-ttf/package.json" with { type: "json" };
import sharp from "sharp";
import { z } from "zod";
import { numbersToJson, readJsonIfThere, writeFilesWhole, writeFileWhole } from "../files.ts";
import { displayInNotebook, inNotebook, print } from "../progress.ts";
import { DISPLAY, markdownTable, type TableRow } from "../table.ts";
import type { Figure, Origin } from "./kit/svg.ts";
import { drawFigure } from "./registry.ts";

/** Shows the figure under the notebook's cell; does nothing outside of a notebook. */
export async function showFigure(figure: Figure): Promise<void> {
  if (!inNotebook()) return;
  const shown = figure[DISPLAY]();
  // Where no script runs and no HTML is shown, there is a picture.
  const png = shown["text/html"].includes("<script")
    ? { "image/png": (await renderPng(figure, SMALL_DENSITY)).toBase64() }
    : {};
  await displayInNotebook({ ...shown, ...png });
}

/**
 * Shows a table under the notebook's cell; writes it to the console outside of a notebook.
 * @param rows the first row's keys are the headings. Numbers with a fraction are written with two decimals:
 * write others as text
 *
 * @example
 * ```ts
 * import { figures } from "lwm";
 *
 * await figures.showTable([{ method: "C", accuracy: 0.25 }, { method: "LwM", accuracy: 0.5 }]);
 * ```
 */
export async function showTable(rows: readonly TableRow[]): Promise<void> {
  const markdown = markdownTable(rows);
  if (!inNotebook()) return console.log(markdown);
  await displayInNotebook({ "text/markdown": markdown, "text/plain": markdown });
}

/** Where a figure is saved. */
export interface SaveOptions {
  /**
   * The folder; it is made where it does not exist. Chosen by {@linkcode figureDirectory} where it is absent.
   */
  readonly directory?: string;
  /** Where one line goes if that is not the project's `figures/`; the console where it is absent. */
  readonly log?: (line: string) => unknown;
}

const COMMITTED = {
  schema: z.object({ preset: z.string().optional(), engine: z.string().optional() }),
  holds: "the numbers of a figure",
  remedy: "Restore it with git, or delete it to have it made anew.",
};

const ROOT = resolve(import.meta.dirname!, "../..");

/**
 * Writes `NAME.json`, `NAME.svg` and `NAME.png`. The SVG is drawn from the JSON file, so the file holds all
 * that is seen. None is replaced before all are written, so that a crash or a full disk leaves the earlier
 * figure as it was.
 * @param name the file name without extension, such as `accuracy-curve`
 * @param draw a function of this room
 * @param numbers what it draws. Fractions are rounded to five digits
 * @returns the figure, as it was drawn from the file
 * @throws {UserError} if the files cannot be written
 */
export async function saveFigure<Numbers>(
  name: string,
  draw: (numbers: Numbers) => Figure,
  numbers: NoInfer<Numbers> & Origin,
  { directory, log = print }: SaveOptions = {},
): Promise<Figure> {
  const json = numbersToJson({ figure: draw.name, ...numbers });
  const figure = drawFigure(json);
  const folder = directory ?? await figureDirectory(name, numbers, log);
  await writeFilesWhole([
    [join(folder, `${name}.svg`), figure.svg],
    [join(folder, `${name}.png`), await renderPng(figure)],
    [join(folder, `${name}.json`), json],
  ], `write the figure ${name}`);
  return figure;
}

/**
 * Where a figure belongs: `figures/` where preset and engine are those of the committed file, or none is
 * committed and the preset is `default`; otherwise `data/figures/PRESET-ENGINE/`, so that a quick look never
 * replaces the results.
 * @param log where one line goes if the folder is not `figures/`
 */
export async function figureDirectory(
  name: string,
  { preset = "default", engine }: Origin,
  log: (line: string) => unknown = print,
  root: string = ROOT,
): Promise<string> {
  const directory = join(root, "figures");
  const committed = await readJsonIfThere(join(directory, `${name}.json`), COMMITTED) ??
    { preset: "default", engine };
  if ((committed.preset ?? "default") === preset && committed.engine === engine) return directory;
  const other = join(root, "data", "figures", [preset, engine].filter(Boolean).join("-"));
  const describe = (origin: Origin) =>
    `preset ${origin.preset ?? "default"}${origin.engine === undefined ? "" : `, engine ${origin.engine}`}`;
  await log(
    `${name} (${describe({ preset, engine })}) is saved in ${relative(root, other)}: ` +
      `the one in figures/ has ${describe(committed)}.`,
  );
  return other;
}

/** SVG has 72 pixels an inch at 100 %; twice as many are sharp on a fine screen. */
const CHART_DENSITY = 144;
/** Pictures need full color and so more bytes. */
const PICTURE_DENSITY = 108;
/** Inside of a notebook, beside the same figure as HTML. */
const SMALL_DENSITY = 72;

/**
 * Renders a figure with librsvg.
 * @param asked pixels an inch, 72 for 100 %; chosen by what the figure holds where it is absent
 * @returns a PNG file of twice the figure's width and height, or one and a half times where it holds
 * pictures; on white
 */
export async function renderPng({ svg }: Figure, asked?: number): Promise<Uint8Array> {
  await provideFonts();
  const hasPictures = svg.includes("<image");
  const density = asked ?? (hasPictures ? PICTURE_DENSITY : CHART_DENSITY);
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
