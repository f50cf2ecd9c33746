/**
 * `deno task data NAME`: downloads or prepares a data set in `data/NAME`.
 * @module
 */
import { join } from "node:path";
import { prepareIEmoji } from "../../../lib/data/iemoji/drawings.ts";
import { withProgress } from "../../../lib/progress.ts";
import { dataDirectory } from "../../../lib/run/folder.ts";
import { UserError } from "../../../lib/user_error.ts";
import { aboutOf, type Command, defineCommand, fromHere, runCommand } from "../command_line.ts";
import { DATA_SOURCES, fetchDataset } from "./data_sources.ts";

const COMMAND: Command = {
  name: "data",
  usage: "NAME [--from PATH] [--directory DIRECTORY]",
  about: `${aboutOf("data")}

NAME
  iemoji-100       rendered from npm packages in 2 seconds; see data/README.md
${
    DATA_SOURCES.map(({ name, remote, terms, homepage }) =>
      `  ${name.padEnd(16)} ${remote ? `${Math.round(remote.bytes / 1e6)} MB; ` : ""}${terms}\n${
        " ".repeat(19)
      }${homepage}`
    ).join("\n")
  }`,
  options: {
    "from PATH": "use this archive, or this folder, instead of downloading",
    "directory DIRECTORY": "where the data sets lie [data]",
  },
};

export const fetchData = defineCommand(COMMAND, async ({ own, positionals: [name, ...rest] }, log) => {
  const from = own.from === undefined ? undefined : fromHere(own.from);
  const directory = own.directory === undefined ? dataDirectory() : fromHere(own.directory);
  if (rest.length > 0) {
    throw new UserError(`Expected one data set but found also "${rest[0]}"; see \`deno task data --help\`.`);
  }
  if (name === "iemoji-100") {
    if (from !== undefined) {
      throw new UserError(
        `Expected no --from with iemoji-100 but found "${from}"; it is rendered from npm packages: leave --from out.`,
      );
    }
    return log(`${name} is ready in "${await drawImages(directory)}".`);
  }
  const source = DATA_SOURCES.find((source) => source.name === name);
  if (!source) {
    throw new UserError(
      `Expected the name of a data set (iemoji-100, ${
        DATA_SOURCES.map(({ name }) => name).join(", ")
      }) but found ` +
        `${name === undefined ? "none" : `"${name}"`}; see \`deno task data --help\`.`,
    );
  }
  const target = await withProgress((onProgress) => fetchDataset(source, { directory, from, onProgress }));
  log(`${name} is ready in "${target}". Terms of use: ${source.terms}; ${source.homepage}`);
});

/** Draws iEmoji-100 where it is not there yet. @returns its folder */
export async function drawImages(directory: string = dataDirectory()): Promise<string> {
  const target = join(directory, "iemoji-100");
  await withProgress((show) =>
    prepareIEmoji({ directory: target, onProgress: (done, total) => show("drawing", done, total) })
  );
  return target;
}

if (import.meta.main) await runCommand(fetchData);
