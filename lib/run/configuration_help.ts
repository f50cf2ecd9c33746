/**
 * The fields of a configuration as text: their help, and their values from a command line. Everything comes
 * from the schema.
 * @module
 */
import { DISPLAY, tableDisplay } from "../table.ts";
import { z } from "zod";
import { asSpelled, configure } from "./configuration.ts";
import { type Configuration, configurationSchema } from "./schema.ts";

/** One field of the configuration. */
export interface FieldHelp {
  /** The field's name. */
  readonly field: string;
  /** What it accepts, such as `integer, at least 1`. */
  readonly values: string;
  /** Its value where none is given. */
  readonly default: string;
  /** What it means. */
  readonly meaning: string;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

const schemas = z.toJSONSchema(configurationSchema).properties as Record<string, JsonSchema>;

export const fieldNames: readonly string[] = Object.keys(schemas);

export function isSwitch(field: string): boolean {
  return schemas[field]?.type === "boolean";
}

/**
 * Describes every field of the configuration. In a notebook the result shows itself as a table.
 * @param start what the defaults depend on
 * @returns one entry for each field, in the order of the schema
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { configurationHelp } from "lwm/run/configuration_help.ts";
 *
 * const help = configurationHelp({ preset: "paper", method: "LwF-MC" });
 * assert.equal(help.find(({ field }) => field === "beta")?.values, "number, at least 0, at most 10");
 * ```
 */
export function configurationHelp(
  start: Partial<Configuration> = {},
): readonly FieldHelp[] {
  const defaults = configure(start);
  const help = fieldNames.map((field): FieldHelp => ({
    field,
    values: valuesOf(schemas[field]),
    default: String(defaults[field as keyof Configuration]),
    meaning: schemas[field].description ?? "",
  }));
  const display = () => tableDisplay(help.map((row) => ({ ...row })));
  return Object.defineProperty(help, DISPLAY, { value: display });
}

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
export function fieldValue(field: string, text: string): unknown {
  return asSpelled(field, valueOf(schemas[field], text.trim()));
}

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
