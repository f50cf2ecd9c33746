/**
 * `deno task data NAME` prepares a data set in `data/`.
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareIEmoji } from "../lib/data/mod.ts";
import { UserError } from "../lib/user_error.ts";

const USAGE = `Usage: deno task data NAME

Prepares a data set in data/NAME.

  iemoji-100   renders the drawings from their npm packages; about two seconds`;

/** What prepares each data set in its folder. */
const preparations: Record<string, (directory: string) => Promise<void>> = {
  "iemoji-100": prepareIEmojiWithProgress,
};

/**
 * Renders iEmoji-100 unless that has been done, and shows how far it is.
 *
 * @param directory the data set's folder
 * @throws {UserError} if the folder cannot be written to or the disk is full
 */
export async function prepareIEmojiWithProgress(directory: string): Promise<void> {
  const line = progressLine("iEmoji-100: drawings");
  await prepareIEmoji({ directory, onProgress: line.show });
  line.end();
}

/** A line on the terminal that is written over again; elsewhere only its last state is written. */
function progressLine(label: string): { show(done: number, total: number): void; end(): void } {
  const terminal = Deno.stderr.isTerminal();
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  let last = "";
  return {
    show(done, total) {
      last = `${label} ${done} of ${total}`;
      if (terminal) write(`\r${last}`);
    },
    end: () => void write(terminal ? "\n" : `${last}\n`),
  };
}

/**
 * Runs the command.
 *
 * @param args a data set's name
 * @param dataDirectory the project's `data/`
 * @throws {UserError} if no data set, or one that is not known, is named
 */
export async function prepareData(args: string[], dataDirectory: string): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: "boolean" } },
  });
  if (values.help) return console.log(USAGE);
  const [name] = positionals;
  const prepare = preparations[name];
  if (!prepare || positionals.length > 1) {
    throw new UserError(
      `Expected the name of one data set but found ${positionals.join(" ") || "none"}; ` +
        `choose from ${Object.keys(preparations).join(", ")}.`,
    );
  }
  await prepare(join(dataDirectory, name));
}

if (import.meta.main) {
  try {
    await prepareData(Deno.args, join(import.meta.dirname!, "..", "data"));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
