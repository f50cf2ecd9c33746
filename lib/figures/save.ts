/**
 * A figure on disk: the numbers it draws, the SVG that they give, and a PNG of it.
 * @module
 */
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { numbersFromJson, numbersToJson, readJsonIfThere, writeFilesWhole } from "../files.ts";
import { print } from "../progress.ts";
import { UserError } from "../user_error.ts";
import * as all from "./all.ts";
import { renderPng } from "./kit/render.ts";
import type { Figure } from "./kit/svg.ts";
import type { Setting } from "./runs.ts";

// Each function has numbers of its own; which ones a file holds, its `figure` says.
// deno-lint-ignore no-explicit-any
const FIGURES = all as unknown as Readonly<Record<string, (numbers: any) => Figure>>;

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
 * Draws a figure again from the text of its JSON file.
 * @throws {UserError} if the text names no figure of this room
 */
export function drawFigure(json: string): Figure {
  const { figure, ...numbers } = numbersFromJson(json) as { figure?: string };
  if (figure === undefined || !Object.hasOwn(FIGURES, figure)) {
    throw new UserError(
      `Expected "figure" to be one of ${
        Object.keys(FIGURES).join(", ")
      } but found ${figure}; correct the file.`,
    );
  }
  return FIGURES[figure](numbers);
}

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
  numbers: NoInfer<Numbers> & Setting,
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
 * Where a figure belongs: `figures/` where its setting is that of the committed file, or none is committed
 * and the preset is `default`; otherwise `data/figures/PRESET-ENGINE/`, so that a quick look never replaces
 * the results.
 * @param log where one line goes if the folder is not `figures/`
 */
export async function figureDirectory(
  name: string,
  { preset = "default", engine }: Setting,
  log: (line: string) => unknown = print,
  root: string = ROOT,
): Promise<string> {
  const directory = join(root, "figures");
  const committed = await readJsonIfThere(join(directory, `${name}.json`), COMMITTED) ??
    { preset: "default", engine };
  if ((committed.preset ?? "default") === preset && committed.engine === engine) return directory;
  const other = join(root, "data", "figures", [preset, engine].filter(Boolean).join("-"));
  const describe = (setting: Setting) =>
    `preset ${setting.preset ?? "default"}${
      setting.engine === undefined ? "" : `, engine ${setting.engine}`
    }`;
  await log(
    `${name} (${describe({ preset, engine })}) is saved in ${relative(root, other)}: ` +
      `the one in figures/ has ${describe(committed)}.`,
  );
  return other;
}
