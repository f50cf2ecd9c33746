/**
 * What the commands share: their options, and errors that a user can read.
 * @module
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Configuration } from "../../lib/run/schema.ts";
import { UserError } from "../../lib/user_error.ts";
import { fieldNames, fieldValue, isSwitch } from "./configuration_fields.ts";
import { nearestName } from "./nearest_name.ts";

/** Where a command writes its results; progress goes to standard error. */
export type Log = (line: string) => void;

/** What a command accepts besides `--help`. */
export interface CommandOptions {
  /** As it is called: `deno task NAME`. */
  command: string;
  /** Names of its own options; each takes a text. */
  own: readonly string[];
  /** Whether it takes the fields of a configuration as options. */
  takesFields: boolean;
}

/** What was written behind a command. */
export interface CommandLine {
  /** Fields of the configuration, of the right type where they can be; {@linkcode configure} checks them. */
  fields: Partial<Configuration>;
  /** The command's own options. */
  own: Record<string, string>;
  /** What is no option, such as the folders of runs. */
  positionals: string[];
  /** Whether `--help` or `-h` was asked for. */
  help: boolean;
}

/**
 * Runs a command: what the user can mend is printed alone and the exit code is 1; anything else is a bug and keeps its stack.
 *
 * @param main is given the arguments
 */
export async function runCommand(main: (args: string[]) => Promise<void>): Promise<void> {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}

/**
 * Reads a command's options; fields get values of their types.
 *
 * @param args what was written behind the command
 * @throws {UserError} where an option is unknown, lacks its value or is given twice
 */
export function parseCommandLine(args: readonly string[], options: CommandOptions): CommandLine {
  const known = [...options.takesFields ? fieldNames : [], ...options.own, "help"];
  const { tokens } = parseArgs({
    args: args.map((arg) => canonical(arg, known)),
    options: Object.fromEntries(
      known.map((name) => [name, { type: isSwitch(name) || name === "help" ? "boolean" : "string" }]),
    ),
    // The messages of the strict mode know neither the nearest name nor the help.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const line: CommandLine = { fields: {}, own: {}, positionals: [], help: false };
  const given = new Map<string, string>();
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1];
    if (token.kind === "positional") {
      const switched = before?.kind === "option" && isSwitch(before.name) && before.value === undefined;
      if (switched && ["true", "false"].includes(token.value)) given.set(before.name, token.value);
      else line.positionals.push(token.value);
    }
    if (token.kind !== "option") continue;
    const { name } = token;
    if (name === "help" || token.rawName === "-h") line.help = true;
    else {
      if (!known.includes(name)) throw unknownOption(token.rawName, known, options);
      if (given.has(name)) throw complaint(options, `--${name} once`, "it twice", "Leave one out");
      given.set(name, expectValue(token, options));
    }
  }
  for (const [name, text] of given) {
    if (options.own.includes(name)) line.own[name] = text;
    else Object.assign(line.fields, { [name]: name === "data" ? dataPath(text) : fieldValue(name, text) });
  }
  return line;
}

/**
 * For commands that take options only.
 *
 * @throws {UserError} where something was written that is no option
 */
export function refusePositionals({ positionals }: CommandLine, options: CommandOptions): void {
  if (positionals.length === 0) return;
  throw complaint(options, "only options", positionals.join(" "), "Values stand behind their option");
}

/** Where the user called the command: tasks themselves run in the project's folder. */
export function callerDirectory(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}

/** A path as the user means it. */
export function fromHere(path: string): string {
  return resolve(callerDirectory(), path);
}

/** The field `data`: empty, or a path as the user means it. */
export function dataPath(text: string): string {
  return text === "" ? "" : fromHere(text);
}

/** `--Learning-Rate=1` to `--learningRate=1`, `--no-cache-teacher` to `--cacheTeacher=false`; others stay as they are. */
function canonical(arg: string, known: readonly string[]): string {
  const [, written, value = ""] = arg.match(/^--([^=]+)(=.*)?$/s) ?? [];
  if (written === undefined) return arg;
  const find = (text: string) =>
    known.find((name) => name.toLowerCase() === text.replaceAll("-", "").toLowerCase());
  const name = find(written);
  if (name !== undefined) return `--${name}${value}`;
  const negated = written.startsWith("no-") ? find(written.slice(3)) : undefined;
  return negated !== undefined && isSwitch(negated) ? `--${negated}=false` : arg;
}

function expectValue(
  token: { name: string; value?: string; inlineValue?: boolean },
  options: CommandOptions,
): string {
  const { name, value, inlineValue } = token;
  if (value === undefined && isSwitch(name)) return "true";
  if (value === undefined) throw complaint(options, `a value behind --${name}`, "none", "Write one");
  // A number may be negative, and then the schema says its range.
  if (!inlineValue && /^-[^\d.]/.test(value)) {
    throw complaint(options, `a value behind --${name}`, value, "Write one");
  }
  return value;
}

function unknownOption(written: string, known: readonly string[], options: CommandOptions): UserError {
  const nearest = nearestName(written, known);
  return complaint(
    options,
    "a known option",
    written,
    nearest === undefined ? "Choose another" : `Did you mean --${nearest}?`,
  );
}

function complaint(
  { command }: CommandOptions,
  expected: string,
  found: string,
  remedy: string,
): UserError {
  const end = remedy.endsWith("?") ? " See" : "; see";
  return new UserError(
    `Expected ${expected} but found ${found}. ${remedy}${end} \`deno task ${command} --help\`.`,
  );
}
