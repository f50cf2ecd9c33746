/**
 * The numbers of a figure as JSON that a person can read and a version control system can compare.
 * @module
 */

const DIGITS = 5;
const LINE_LENGTH = 100;

/**
 * JSON with small objects and lists of numbers in one line. Numbers with a fraction are rounded to five
 * significant digits, typed arrays of numbers become lists, what JSON has no word for (NaN, ∞) becomes null, and
 * bytes (`Uint8Array`: pixels) are left out together with undefined properties.
 */
export function numbersToJson(numbers: unknown): string {
  return write(numbers, "") + "\n";
}

function write(value: unknown, indent: string): string {
  if (typeof value === "number") return writeNumber(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const list = asList(value);
  const deeper = indent + "  ";
  if (list !== undefined) {
    if (list.every((item) => typeof item !== "object" || item === null)) {
      return `[${list.map((item) => write(item, deeper)).join(", ")}]`;
    }
    return lines("[", list.map((item) => write(item, deeper)), "]", indent);
  }
  const properties = Object.entries(value)
    .filter(([, property]) => property !== undefined && !isBytes(property))
    .map(([key, property]) => `${JSON.stringify(key)}: ${write(property, deeper)}`);
  const short = `{ ${properties.join(", ")} }`;
  return short.length <= LINE_LENGTH && !short.includes("\n") ? short : lines("{", properties, "}", indent);
}

function lines(open: string, items: string[], close: string, indent: string): string {
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}${close}`;
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) return "null";
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));
}

function asList(value: object): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as ArrayLike<number>)
    : undefined;
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof Uint8ClampedArray;
}
