/**
 * The public names of the library: each is used in a notebook or the README, and there are not too many. Types only complete
 * the signatures of functions; they do not count.
 * @module
 */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import * as lwm from "../../lib/mod.ts";
import { joinCells, numberedNotebooks, readNotebook } from "../notebooks/notebook.ts";

/** Functions, classes, constants and namespaces that `lwm` exports, those in its namespaces included. */
const MOST_NAMES = 90;

const { figures, evaluation } = lwm;
const names = [
  ...Object.keys(lwm),
  ...Object.keys(figures).map((name) => `figures.${name}`),
  ...Object.keys(evaluation).map((name) => `evaluation.${name}`),
];

Deno.test(`there are at most ${MOST_NAMES} public names`, () => {
  assert.ok(names.length <= MOST_NAMES, `there are ${names.length}`);
});

Deno.test("every public name is used in a notebook or the README", async () => {
  const root = resolve(import.meta.dirname!, "../..");
  const paths = await numberedNotebooks(join(root, "notebooks"));
  const cells = await Promise.all(paths.map(async (path) => joinCells(await readNotebook(path)).code));
  const uses = [...cells, await Deno.readTextFile(join(root, "README.md"))].join("\n");
  const unused = names.filter((name) => !new RegExp(`\\b${name.replaceAll(".", "\\.")}\\b`).test(uses));
  assert.deepEqual(unused, [], "use them, or do not export them");
});
