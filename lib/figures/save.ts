/**
 * A figure on disk: the SVG, a PNG of twice its size, and the numbers it draws.
 * @module
 */
import { join } from "node:path";
import { numbersToJson } from "../statistics.ts";
import { UserError } from "../user_error.ts";
import { renderPng } from "./kit/render.ts";
import type { Figure } from "./kit/svg.ts";

/** Where a figure is saved. */
export interface SaveOptions {
  /** The folder; it is made where it does not exist. */
  readonly directory: string;
}

/**
 * Writes `NAME.svg`, `NAME.png` and `NAME.json`. All three are written beside their places under the name `….partial`
 * and renamed only when all are complete, so that a crash or a full disk leaves the earlier figure as it was.
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
  const contents: [path: string, bytes: Uint8Array][] = [
    [join(directory, `${name}.svg`), new TextEncoder().encode(figure.svg)],
    [join(directory, `${name}.png`), await renderPng(figure)],
    [join(directory, `${name}.json`), new TextEncoder().encode(numbersToJson(numbers))],
  ];
  // Two processes may save the same figure: each under names of its own.
  const partial = (path: string) => `${path}.${Deno.pid}.partial`;
  try {
    await Deno.mkdir(directory, { recursive: true });
    for (const [path, bytes] of contents) await Deno.writeFile(partial(path), bytes);
    for (const [path] of contents) await Deno.rename(partial(path), path);
  } catch (error) {
    for (const [path] of contents) await Deno.remove(partial(path)).catch(() => {});
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `Expected to write the figure ${name} into the folder ${directory} but found that this fails (${reason}); ` +
        "free some space, or make the folder writable, or choose another one.",
    );
  }
}
