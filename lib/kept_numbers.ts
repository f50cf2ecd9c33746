import { join } from "node:path";
import type { z } from "zod";
import { UserError } from "./user_error.ts";
import { readJsonIfThere } from "./files.ts";

/**
 * Reads the numbers of a figure of the study on Caltech-101.
 *
 * @param directory of the figures
 * @param name of the figure
 * @param schema of its numbers
 * @throws {UserError} where they are not there, or damaged
 */
export async function readKept<Numbers>(
  directory: string,
  name: string,
  schema: z.ZodType<Numbers>,
): Promise<Numbers> {
  const path = join(directory, `${name}.json`);
  const found = await readJsonIfThere<unknown>(path);
  if (found === null) {
    throw new UserError(
      `Expected the numbers of the study in ${path} but found no such file. Restore it with git, or make it: ` +
        "`deno task data caltech-101`, `deno task sweep studies/caltech-101.json`, then `deno task caltech`.",
    );
  }
  const kept = schema.safeParse(found);
  if (kept.success) return kept.data;
  const { path: place, message } = kept.error.issues[0];
  throw new UserError(
    `Expected ${path} to hold the numbers of the figure but found this at ${
      place.join(".") || "its root"
    }: ` +
      `${message}. Restore it with git, or make it anew with \`deno task caltech\`.`,
  );
}
