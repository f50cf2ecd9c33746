/**
 * Options of the smallest run that has everything: three steps of a second on the wasm engine.
 * @module
 */
import { tinyConfiguration } from "../../../lib/run/run_fixture.ts";

const NAMES = [
  "preset",
  "engine",
  "imageSize",
  "widths",
  "baseClasses",
  "increment",
  "increments",
  "baseEpochs",
  "epochs",
] as const;

/** As in the file of a sweep. */
export const TINY_FIELDS: Record<string, unknown> = Object.fromEntries(
  NAMES.map((name) => [name, tinyConfiguration()[name]]),
);

/** As on the command line. */
export function tinyArgs(fields: Record<string, unknown>): string[] {
  return Object.entries({ ...TINY_FIELDS, ...fields }).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}
