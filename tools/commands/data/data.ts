/**
 * `deno task data NAME`: gets a data set into `data/NAME`.
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { DATA_SOURCES, type DataSource, fetchDataset } from "./data_sources.ts";
import { prepareIEmoji } from "../../../lib/data/iemoji/drawings.ts";
import { dataDirectory } from "../../../lib/run/folder.ts";
import { withProgress } from "../../../lib/progress.ts";
import { UserError } from "../../../lib/user_error.ts";
import { fromHere } from "../command_line.ts";

const HELP = `deno task data NAME [--from PATH] [--directory DIRECTORY]

Gets a data set into DIRECTORY/NAME (default: data/NAME) and checks that it is complete. A download that was
interrupted goes on where it stopped.

NAME
  iemoji-100       drawn on the spot from npm packages; see data/README.md (2 seconds)
${
  DATA_SOURCES.map(({ name, remote, terms, homepage }) =>
    `  ${name.padEnd(16)} ${remote ? `${Math.round(remote.bytes / 1e6)} MB; ` : ""}${terms}\n${
      " ".repeat(19)
    }${homepage}`
  ).join("\n")
}

  Your own images need no fetching: pass their folder to the training with --dataset folder --data PATH.

--from PATH        use this archive, or this folder, instead of downloading
--directory PATH   where the data sets lie (default: the project's data)
--help             this text`;

/**
 * Runs the command; throws a {@linkcode UserError} where the user can mend what is wrong.
 * @param sources where the data sets of photos come from
 */
export async function fetchData(
  args: string[],
  log: (line: string) => void = console.log,
  sources: readonly DataSource[] = DATA_SOURCES,
): Promise<void> {
  const { name, from, directory, help } = readArguments(args);
  if (help) return log(HELP);

  if (name === "iemoji-100") {
    if (from !== undefined) {
      throw new UserError(
        `Expected no --from with iemoji-100 but found "${from}"; it is drawn from npm packages: leave it out.`,
      );
    }
    const target = join(directory, name);
    await withProgress((show) =>
      prepareIEmoji({ directory: target, onProgress: (done, total) => show("drawing", done, total) })
    );
    return log(`${name} is ready in "${target}".`);
  }
  const source = sources.find((source) => source.name === name);
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
}

function readArguments(args: string[]): { name?: string; from?: string; directory: string; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        from: { type: "string" },
        directory: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (positionals.length > 1) throw new Error(`Unexpected argument '${positionals[1]}'`);
    const { from, directory, help } = values;
    return {
      name: positionals[0],
      from: from === undefined ? undefined : fromHere(from),
      directory: directory === undefined ? dataDirectory() : fromHere(directory),
      help,
    };
  } catch (error) {
    throw new UserError(`${(error as Error).message}; see \`deno task data --help\`.`);
  }
}

if (import.meta.main) {
  try {
    await fetchData(Deno.args);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
