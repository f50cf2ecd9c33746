import { join, resolve } from "node:path";
import type { Configuration } from "./schema.ts";
import { dataDirectory } from "./dataset.ts";

/**
 * Where the figures of a preset are kept: `figures/` for the default preset, which is the one that is committed, and
 * `data/figures/PRESET/` for others, so that a quick look never replaces the results.
 */
export function figuresDirectory({ preset }: Pick<Configuration, "preset">): string {
  if (preset === "default") return resolve(import.meta.dirname!, "../../figures");
  return join(dataDirectory(), "figures", preset);
}
