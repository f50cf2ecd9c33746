/**
 * The fields of the configuration as options of a command line: their values from text, and their help. Everything comes
 * from the schema, so that a new field needs nothing here.
 * @module
 */
import { z } from "zod";
import { configure } from "../../lib/run/configuration.ts";
import { type Configuration, configurationSchema } from "../../lib/run/schema.ts";

/** The part of a JSON schema that describes a field. */
interface FieldSchema {
  type: "string" | "integer" | "number" | "boolean" | "array";
  description: string;
  enum?: string[];
  items?: FieldSchema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
}

const schemas = z.toJSONSchema(configurationSchema).properties as unknown as Record<string, FieldSchema>;

/** Names of all fields, in the order of the schema. */
export const fieldNames: readonly string[] = Object.keys(schemas);

/** Whether a field is a switch: `--cacheTeacher` or `--no-cacheTeacher`. */
export function isSwitch(field: string): boolean {
  return schemas[field]?.type === "boolean";
}

/**
 * The value of a field from text.
 *
 * @param field one of {@linkcode fieldNames}
 * @param text what was written for it
 * @returns the value; the text itself where it cannot be one, for the schema to refuse
 */
export function fieldValue(field: string, text: string): unknown {
  return valueOf(schemas[field], text.trim());
}

function valueOf(schema: FieldSchema, text: string): unknown {
  switch (schema.type) {
    case "integer":
    case "number":
      return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "boolean":
      return ({ true: true, false: false } as Record<string, boolean>)[text] ?? text;
    case "array":
      return text === "" ? [] : text.split(",").map((item) => valueOf(schema.items!, item.trim()));
    case "string":
      return schema.enum?.find((name) => name.toLowerCase() === text.toLowerCase()) ?? text;
  }
}

/**
 * The help for all fields: what may be written, what it means, and its default.
 *
 * @param start what the defaults depend on
 */
export function describeFields(start: Pick<Partial<Configuration>, "preset" | "dataset" | "method">): string {
  const defaults = configure(start);
  const { preset, dataset, method } = defaults;
  const fields = fieldNames.map((field) => {
    const value = defaults[field as keyof Configuration];
    return `  --${field} ${range(schemas[field])}   [${value}]\n      ${schemas[field].description}`;
  });
  return `Fields of the configuration: what may be written, and in brackets the default of the preset
"${preset}" for the data set "${dataset}" and the method "${method}"; give others with --help to see
theirs. Lists are separated by commas. Names may be written with dashes (--learning-rate), words in
small letters (lwm). LWM_PRESET and LWM_ENGINE in the environment override --preset and --engine.

${fields.join("\n")}`;
}

/** Such as `INTEGER, at least 1`. */
function range(schema: FieldSchema): string {
  if (schema.enum) return schema.enum.join("|");
  switch (schema.type) {
    case "boolean":
      return "true|false";
    case "array": {
      const { minItems, maxItems } = schema;
      return `LIST of ${minItems === undefined ? "" : `${minItems} to ${maxItems} `}${range(schema.items!)}`;
    }
    case "string":
      return "TEXT";
    default:
      return [schema.type.toUpperCase(), ...bounds(schema)].join(", ");
  }
}

function bounds({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: FieldSchema): string[] {
  const all = [];
  if (minimum !== undefined) all.push(`at least ${minimum}`);
  if (exclusiveMinimum !== undefined) all.push(`more than ${exclusiveMinimum}`);
  // Integers without an upper bound have the largest safe one.
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) all.push(`at most ${maximum}`);
  if (exclusiveMaximum !== undefined) all.push(`less than ${exclusiveMaximum}`);
  return all;
}
