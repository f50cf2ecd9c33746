/**
 * What the commands share: options, help, paths, and errors that a user can read.
 * @module
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { absolutePath } from "../../lib/files.ts";
import { configurationHelp, fieldNames, fieldValue, isSwitch } from "../../lib/run/configuration_help.ts";
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { Stopped, stopWithNpx } from "../../lib/stop_signals.ts";
import { methodNamed, methodNames } from "../../lib/training/method.ts";
import { UserError } from "../../lib/user_error.ts";

/** Where a command writes its results; progress goes to standard error. */
export type Log = (line: string) => void;

export interface Command {
  /** `deno task NAME` calls it. */
  readonly name: string;
  /** What follows the name, such as `RUN … [--out DIRECTORY]`. */
  readonly usage: string;
  /** What it does, with an example that works. */
  readonly about: string;
  /** Its own options and what they mean: `"out DIRECTORY"` takes a value, `"json"` none. */
  readonly options: Readonly<Record<string, string>>;
  /** Whether the fields of a configuration are options, too. */
  readonly takesFields?: boolean;
}

export const DIRECTORY = { "directory DIRECTORY": "folder of data sets and runs [data]" } as const;

export interface CommandLine {
  /** Fields of the configuration, of the right type where they can be; {@linkcode configure} checks them. */
  fields: Partial<Configuration>;
  own: Record<string, string>;
  switches: ReadonlySet<string>;
  /** Arguments that are not options, such as the folders of runs. */
  positionals: string[];
  help?: string;
}

/**
 * Runs a command. The exit code is 0, or 1 where a {@linkcode UserError} was thrown, whose message is printed
 * alone, or that of the signal that stopped it. Any other error is a bug and keeps its stack.
 * @param main is given the arguments
 */
export async function runCommand(main: (args: string[]) => Promise<void>): Promise<void> {
  void stopWithNpx();
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(error instanceof Stopped ? error.exitCode : 1);
  }
}

/**
 * Reads a command's arguments.
 * @throws {UserError} where an option is unknown, lacks its value, or has no effect on the method
 */
export function parseCommandLine(args: readonly string[], command: Command): CommandLine {
  const own = Object.fromEntries(Object.keys(command.options).map((option) => option.split(" ", 2)));
  const isBoolean = (name: string) => name in own ? own[name] === undefined : isSwitch(name);
  const names = [...command.takesFields ? fieldNames : [], ...Object.keys(own)];
  const known = names.map((name) => [name, { type: isBoolean(name) ? "boolean" : "string" }] as const);
  const options = { ...Object.fromEntries(known), help: { type: "boolean", short: "h" } } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code?.startsWith("ERR_PARSE_ARGS_")) throw error;
    const reason = message.split(/\.? To specify a positional|\.?\n/)[0];
    throw new UserError(`${reason}. See \`deno task ${command.name} --help\` for the options.`);
  }
  const { values: { help, ...values }, positionals } = parsed;
  const switches = new Set<string>();
  const line: CommandLine = { fields: {}, own: {}, switches, positionals };
  for (const [name, value] of Object.entries(values)) {
    const read = name === "data" ? fromHere : (text: string) => fieldValue(name, text);
    const field = name in own || typeof value !== "string" ? value : read(value);
    // A list may be empty.
    if (!Array.isArray(field) && String(value).trim() === "") {
      throw new UserError(
        `Expected a value for --${name} but found none. See \`deno task ${command.name} --help\`.`,
      );
    }
    if (!(name in own)) Object.assign(line.fields, { [name]: field });
    else if (typeof value === "string") line.own[name] = value;
    else if (value) switches.add(name);
  }
  if (help) return { ...line, help: helpOf(command, line.fields) };
  refuseUnused(line.fields);
  return line;
}

function helpOf(command: Command, fields: Partial<Configuration>): string {
  const { name, usage, about, options, takesFields } = command;
  const all = Object.entries({ ...options, help: "this text" });
  const width = Math.max(...all.map(([option]) => option.length)) + 5;
  const lines = all.map(([option, meaning]) =>
    `--${option}`.padEnd(width) + meaning.replaceAll("\n", `\n${" ".repeat(width)}`)
  );
  const text = `deno task ${name} ${usage}\n\n${about}\n\n${lines.join("\n")}`;
  return takesFields ? `${text}\n\n${describeFields(fields)}` : text;
}

/** Options of losses that the method does not have. */
export function unusedFields(fields: Partial<Configuration>): string[] {
  const { fields: used } = methodNamed(fields.method ?? configure().method);
  const ofLosses = methodNames().flatMap((name) => methodNamed(name).fields);
  return Object.keys(fields).filter((name) =>
    ofLosses.some((field) => field === name && !used.includes(field))
  );
}

function refuseUnused(fields: Partial<Configuration>): void {
  const method = fields.method ?? configure().method;
  if (!methodNames().includes(method)) return; // configure() refuses it.
  const unused = unusedFields(fields);
  if (unused.length === 0) return;
  throw new UserError(
    `Expected options that ${method} uses (--${methodNamed(method).fields.join(", --")}) but found --${
      unused.join(", --")
    }. Leave them out, or choose another --method.`,
  );
}

/** Refuses arguments that are not options. @throws {UserError} where there is one */
export function refusePositionals({ positionals }: CommandLine, { name }: Command): void {
  if (positionals.length === 0) return;
  throw new UserError(
    `Expected only options but found ${positionals.join(" ")}. See \`deno task ${name} --help\`.`,
  );
}

/** The help for the fields of a configuration, with the defaults that these fields lead to. */
export function describeFields(start: Partial<Configuration>): string {
  const { preset, dataset, method } = configure(start);
  const fields = configurationHelp({ preset, dataset, method }).map((
    { field, values, default: value, meaning },
  ) => `  --${field}  ${values}   [${value}]\n      ${meaning}`);
  return `Fields of the configuration, with the defaults in brackets for preset ${preset}, data set ${dataset} and
method ${method}. Give others together with --help to see theirs. Items of a list are separated by commas; --FIELD and
--no-FIELD set a field that is true or false.

${fields.join("\n")}`;
}

/** The folder in which the user called the command: tasks run in the project's folder. */
export function callerDirectory(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}

/** A path as the user means it; `~` is their home folder. */
export function fromHere(path: string): string {
  return absolutePath(path, callerDirectory());
}

/** A path as the user would write it: relative where it lies in their folder. */
export function showPath(path: string): string {
  const short = relative(callerDirectory(), path);
  return short.startsWith("..") ? path : short || ".";
}
