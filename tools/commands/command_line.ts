/**
 * What the commands share: options, help, paths, and errors that a user can read.
 * @module
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { absolutePath } from "../../lib/files.ts";
import { asSpelled, configure } from "../../lib/run/configuration.ts";
import { type Configuration, configurationSchema } from "../../lib/run/schema.ts";
import { endBySignal, Stopped } from "../../lib/stop_signals.ts";
import { methodNamed, methodNames } from "../../lib/training/method.ts";
import { printable } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";

/** Where a command writes its results; progress goes to standard error. */
export type Log = (line: string) => void;

export interface Command {
  /** `deno task NAME` calls it. */
  readonly name: string;
  /** What follows the name, such as `RUN … [--out DIRECTORY]`. */
  readonly usage: string;
  /** What it does, with an example that works; see {@linkcode aboutOf}. */
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

/** What a command does: a section of `help.md`, its code indented. */
export function aboutOf(name: string): string {
  const [, section] = Deno.readTextFileSync(new URL("help.md", import.meta.url)).split(`\n## ${name}\n`);
  return section.split("\n## ")[0].trim()
    .replaceAll(/```\w+\n([^]*?)\n```/g, (_, code) => code.replaceAll(/^(?=.)/gm, "  "));
}

const printableLines = (text: string) => text.replaceAll(/[^\n]+/g, (line) => printable(line));

/** Writes to the standard output. */
export const print: Log = (line) => console.log(printableLines(line));
/** Writes to the standard error, where the standard output is for JSON. */
export const warn: Log = (line) => console.error(printableLines(line));

/**
 * Runs a command. The exit code is 0, or 1 after a {@linkcode UserError}, of which only the message is
 * printed. Any other error is a bug and keeps its stack. After a signal the process ends by that signal,
 * which also ends the loop of a shell around it.
 * @param main is given the arguments
 */
export async function runCommand(main: (args: string[], log: Log) => Promise<void>): Promise<void> {
  try {
    await main(Deno.args, print);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(error.message);
    if (error instanceof Stopped) await endBySignal(error.exitCode);
    Deno.exit(1);
  }
}

/**
 * Makes a command of its work.
 * @param work is given its command line, where to say what a person reads, and what takes the value that
 * `--json` prints: then nothing else goes to the standard output
 */
export function defineCommand(
  command: Command,
  work: (line: CommandLine, say: Log, result: (value: unknown) => void) => Promise<void>,
): (args: readonly string[], log?: Log) => Promise<void> {
  return async (args, log = print) => {
    const line = parseCommandLine(args, command);
    if (line.help) return log(line.help);
    const json = line.switches.has("json");
    await work(line, json ? warn : log, (value) => json && log(JSON.stringify(value, null, 1)));
  };
}

/**
 * Reads a command's arguments.
 * @throws {UserError} where an option is unknown, given twice, lacks its value, or has no effect on the
 * method
 */
export function parseCommandLine(args: readonly string[], command: Command): CommandLine {
  const own = Object.fromEntries(Object.keys(command.options).map((option) => option.split(" ", 2)));
  const names = ["help", ...command.takesFields ? fieldNames : [], ...Object.keys(own)];
  const isBoolean = (name: string) =>
    names.includes(name) &&
    (name in own ? own[name] === undefined : name === "help" || schemas[name].type === "boolean");
  const known = names.map((name) => [name, { type: isBoolean(name) ? "boolean" : "string" }] as const);
  const { tokens } = parseArgs({
    args: withExplicitSwitches(args, isBoolean),
    options: { ...Object.fromEntries(known), help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  });
  const advice = `See \`deno task ${command.name} --help\`.`;
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, rawName, inlineValue, value = isBoolean(name) ? "true" : "" } = token;
    if (!names.includes(name)) {
      const similar = similarTo(name, names);
      const question = similar === undefined ? "" : `Did you mean --${similar}? `;
      throw new UserError(
        `Expected an option of \`deno task ${command.name}\` but found ${rawName}. ${question}${advice}`,
      );
    }
    const isOption = !inlineValue && /^-(?![\d.])/.test(value); // it stands where the value is missing
    const read = isBoolean(name)
      ? { true: true, false: false }[value]
      : name in own || isOption
      ? value
      : asSpelled(name, valueOf(schemas[name], value.trim()));
    // A list may be empty.
    if (read === undefined || isOption || !Array.isArray(read) && value.trim() === "") {
      const expected = isBoolean(name) ? "true or false" : "a value";
      throw new UserError(
        `Expected ${expected} for ${rawName} but found ${value.trim() || "none"}. ${advice}`,
      );
    }
    if (name in values) {
      throw new UserError(
        `Expected --${name} once but found it twice, with ${values[name]} and ${read}. Leave one out.`,
      );
    }
    values[name] = name === "data" ? fromHere(value) : read;
  }
  const { help, ...others } = values;
  const switches = new Set<string>();
  const positionals = tokens.flatMap((token) => token.kind === "positional" ? token.value : []);
  const line: CommandLine = { fields: {}, own: {}, switches, positionals };
  for (const [name, value] of Object.entries(others)) {
    if (!(name in own)) Object.assign(line.fields, { [name]: value });
    else if (typeof value === "string") line.own[name] = value;
    else if (value) switches.add(name);
  }
  if (help) return { ...line, help: helpOf(command, line.fields) };
  refuseUnused(line.fields);
  return line;
}

/** `--no-NAME` and `--NAME false` become `--NAME=false`. */
function withExplicitSwitches(args: readonly string[], isBoolean: (name: string) => boolean): string[] {
  return args.reduce<string[]>((all, arg) => {
    const before = all.at(-1) ?? "";
    if (/^(true|false)$/.test(arg) && before.startsWith("--") && isBoolean(before.slice(2))) {
      return [...all.slice(0, -1), `${before}=${arg}`];
    }
    const [, negated = ""] = /^--no-(.+)$/.exec(arg) ?? [];
    return [...all, isBoolean(negated) ? `--${negated}=false` : arg];
  }, []);
}

/** The option that was meant by another spelling (learning-rate), initials (lr), or a slip (epoch, gama). */
function similarTo(word: string, names: readonly string[]): string | undefined {
  const plain = (text: string) => text.replaceAll(/[-_]/g, "").toLowerCase();
  const within = (short: string, long: string) =>
    new RegExp(`^${Array.from(short, (letter) => RegExp.escape(letter)).join(".*")}`).test(long);
  const wanted = plain(word);
  const distance = (name: string) => {
    const [initials, letters] = [plain(name.match(/^.|[A-Z]/g)!.join("")), plain(name)];
    if (wanted === initials || wanted === letters) return 0;
    return within(wanted, letters) || within(letters, wanted)
      ? 1 + Math.abs(letters.length - wanted.length)
      : Infinity;
  };
  const [best] = names.toSorted((a, b) => distance(a) - distance(b));
  return distance(best) < Infinity ? best : undefined;
}

function helpOf(command: Command, fields: Partial<Configuration>): string {
  const { name, usage, about, options, takesFields } = command;
  const all = Object.entries({ ...options, help: "this text" });
  const width = Math.max(...all.map(([option]) => option.length)) + 5;
  const lines = all.map(([option, meaning]) =>
    `--${option}`.padEnd(width) + meaning.replaceAll("\n", `\n${" ".repeat(width)}`)
  );
  const text = `deno task ${name} ${usage}\n\n${about}\n\n${lines.join("\n")}`;
  return takesFields ? `${text}\n\n${fieldsHelp(fields)}` : text;
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
    `Expected only options and their values but found ${
      positionals.join(" ")
    }, which no option takes. See \`deno task ${name} --help\`.`,
  );
}

/** The help for the fields of a configuration, with the defaults that these fields lead to. */
function fieldsHelp(start: Partial<Configuration>): string {
  const defaults: Record<string, unknown> = { ...configure(start) };
  const { preset, dataset, method } = defaults;
  const fields = fieldNames.map((field) =>
    `  --${field}  ${valuesOf(schemas[field])}   [${defaults[field]}]\n      ${schemas[field].description}`
  );
  return `Fields of the configuration. The brackets have their values for preset ${preset}, data set ${dataset} and
method ${method}, and for what else stands beside --help. Separate the items of a list by commas. --FIELD and --no-FIELD
set a field that is true or false.

${fields.join("\n")}`;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

const schemas = z.toJSONSchema(configurationSchema).properties as Record<string, JsonSchema>;
const fieldNames = Object.keys(schemas);

function valuesOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.join(", ");
  if (schema.type === "boolean") return "true, false";
  if (schema.type === "string") return "text";
  if (schema.type !== "array") return [schema.type, ...bounds(schema)].join(", ");
  const { minItems, maxItems, items } = schema;
  const length = minItems === undefined ? "" : `${minItems} to ${maxItems} times `;
  return `list of ${length}${valuesOf(items as JsonSchema)}`;
}

function bounds({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string[] {
  const all = [];
  if (minimum !== undefined) all.push(`at least ${minimum}`);
  if (exclusiveMinimum !== undefined) all.push(`more than ${exclusiveMinimum}`);
  // Integers without an upper bound have the largest safe one.
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) all.push(`at most ${maximum}`);
  if (exclusiveMaximum !== undefined) all.push(`less than ${exclusiveMaximum}`);
  return all;
}

/**
 * Reads the value of a field from a command line. A text that cannot be one stays a text, which
 * {@linkcode configure} refuses.
 */
function valueOf(schema: JsonSchema, text: string): unknown {
  switch (schema.type) {
    case "integer":
    case "number":
      return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "array":
      return text === ""
        ? []
        : text.split(",").map((item) => valueOf(schema.items as JsonSchema, item.trim()));
    default:
      return text;
  }
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
