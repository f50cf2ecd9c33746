/**
 * What the commands share: options, help, paths, and errors that a user can read.
 * @module
 */
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { configurationHelp, fieldNames, fieldValue, isSwitch } from "../../lib/run/configuration_help.ts";
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { Stopped, stopWithNpx } from "../../lib/stop_signals.ts";
import { methodNamed, methodNames } from "../../lib/training/method.ts";
import { UserError } from "../../lib/user_error.ts";

/** Where a command writes its results; progress goes to standard error. */
export type Log = (line: string) => void;

/** What a command accepts besides `--help`. */
export interface CommandOptions {
  command: string;
  /** Names of its own options that take a value. */
  own: readonly string[];
  /** Names of its own options that take none. */
  switches?: readonly string[];
  takesFields: boolean;
}

/** The arguments of a command. */
export interface CommandLine {
  /** Fields of the configuration, of the right type where they can be; {@linkcode configure} checks them. */
  fields: Partial<Configuration>;
  own: Record<string, string>;
  switches: ReadonlySet<string>;
  /** Arguments that are not options, such as the folders of runs. */
  positionals: string[];
  help: boolean;
}

/**
 * Runs a command. The exit code is 0, or 1 where a {@linkcode UserError} was thrown, whose message is printed alone, or
 * that of the signal that stopped it. Any other error is a bug and keeps its stack.
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
export function parseCommandLine(args: readonly string[], options: CommandOptions): CommandLine {
  const { command, own, switches = [], takesFields } = options;
  const names = [...takesFields ? fieldNames : [], ...own, ...switches];
  const type = (name: string) => isSwitch(name) || switches.includes(name) ? "boolean" : "string";
  const known = Object.fromEntries(names.map((name) => [name, { type: type(name) } as const]));
  const { values: { help = false, ...values }, positionals } = explained(command, () =>
    parseArgs({
      args: [...args],
      options: { ...known, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
      allowNegative: true,
    }));
  const line = { fields: {}, own: {}, switches: new Set<string>(), positionals, help: help === true };
  for (const [name, value] of Object.entries(values)) {
    if (switches.includes(name)) value && line.switches.add(name);
    else if (own.includes(name)) Object.assign(line.own, { [name]: value });
    else Object.assign(line.fields, { [name]: typeof value === "string" ? readField(name, value) : value });
  }
  if (!line.help) refuseUnused(line.fields);
  return line;
}

/** Refuses options of a loss that the method does not have: they would be without effect. */
function refuseUnused(fields: Partial<Configuration>): void {
  const method = fields.method ?? configure().method;
  if (!methodNames().includes(method)) return; // configure() refuses it.
  const used: readonly string[] = methodNamed(method).fields;
  const ofLosses: readonly string[] = methodNames().flatMap((name) => methodNamed(name).fields);
  const unused = Object.keys(fields).filter((name) => ofLosses.includes(name) && !used.includes(name));
  if (unused.length === 0) return;
  throw new UserError(
    `Expected options that ${method} uses (--${used.join(", --")}) but found --${unused.join(", --")}. ` +
      "Leave them out, or choose another --method.",
  );
}

/** Turns the errors of parseArgs into a {@linkcode UserError}. */
function explained<T>(command: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code?.startsWith("ERR_PARSE_ARGS_")) throw error;
    const reason = message.split(/\.? To specify a positional|\.?\n/)[0];
    throw new UserError(`${reason}. See \`deno task ${command} --help\` for the options.`);
  }
}

/** The value of a field from text; paths are relative to where the command was called. */
export function readField(name: string, text: string): unknown {
  return name === "data" && text !== "" ? fromHere(text) : fieldValue(name, text);
}

/** Refuses arguments that are not options. @throws {UserError} where there is one */
export function refusePositionals({ positionals }: CommandLine, { command }: CommandOptions): void {
  if (positionals.length === 0) return;
  throw new UserError(
    `Expected only options but found ${positionals.join(" ")}. See \`deno task ${command} --help\`.`,
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
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  return resolve(callerDirectory(), home === undefined ? path : path.replace(/^~(?=$|[/\\])/, home));
}

/** A path as the user would write it: relative where it lies in their folder. */
export function showPath(path: string): string {
  const short = relative(callerDirectory(), path);
  return short.startsWith("..") ? path : short;
}
