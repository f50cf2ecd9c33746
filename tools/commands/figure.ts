/**
 * `deno task figure`: draws a committed figure again from its numbers, or lists the figures.
 * @module
 */
import { join, resolve } from "node:path";
import { writeFilesWhole } from "../../lib/files.ts";
import { drawFigure } from "../../lib/figures/registry.ts";
import { renderPng } from "../../lib/figures/save.ts";
import { UserError } from "../../lib/user_error.ts";
import { aboutOf, type Command, defineCommand, runCommand } from "./command_line.ts";

const COMMAND: Command = {
  name: "figure",
  usage: "[NAME …]",
  about: aboutOf("figure"),
  options: {},
};

const FOLDER = resolve(import.meta.dirname!, "../../figures");

/** The names of the committed figures, in alphabetical order. */
export function figureNames(folder: string = FOLDER): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length)).sort();
}

export const figure = defineCommand(COMMAND, async ({ positionals }, say) => {
  const names = figureNames();
  if (positionals.length === 0) {
    say("Draw one with `deno task figure NAME`. figures/README.md shows them.");
    for (const name of names) say(name);
    return;
  }
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UserError(
      `Expected a figure, one of ${names.join(", ")}, but found "${unknown}". Correct the name.`,
    );
  }
  for (const name of positionals) {
    const path = join(FOLDER, name);
    const drawn = drawFigure(await Deno.readTextFile(`${path}.json`));
    await writeFilesWhole([
      [`${path}.svg`, drawn.svg],
      [`${path}.png`, await renderPng(drawn)],
    ], `write the figure ${name}`);
    say(`figures/${name}.svg and figures/${name}.png, drawn from figures/${name}.json`);
  }
});

if (import.meta.main) await runCommand(figure);
