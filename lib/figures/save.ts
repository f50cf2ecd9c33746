/**
 * A figure on disk: the SVG, a PNG of twice its size, and the numbers it draws.
 * @module
 */
import { join } from "node:path";
import { writeFilesWhole } from "../files.ts";
import { numbersToJson } from "../statistics.ts";
import { renderPng } from "./kit/render.ts";
import type { Figure } from "./kit/svg.ts";

/** Where a figure is saved. */
export interface SaveOptions {
  /** The folder; it is made where it does not exist. */
  readonly directory: string;
}

/**
 * Writes `NAME.svg`, `NAME.png` and `NAME.json`. None is replaced before all are written, so that a crash or a full disk
 * leaves the earlier figure as it was.
 *
 * @param name the file name without extension, such as `accuracy-curve`
 * @param figure what a function of this room returned
 * @param numbers what the figure draws: usually the argument of that function. Floats are rounded to five digits,
 * and pixels are left out, because they stand in the SVG
 * @throws {UserError} if the files cannot be written
 */
export async function saveFigure(
  name: string,
  figure: Figure,
  numbers: unknown,
  { directory }: SaveOptions,
): Promise<void> {
  await writeFilesWhole([
    [join(directory, `${name}.svg`), figure.svg],
    [join(directory, `${name}.png`), await renderPng(figure)],
    [join(directory, `${name}.json`), numbersToJson(numbers)],
  ], `write the figure ${name}`);
}
