/**
 * The public names of the library are used in a notebook or on its page; every package has its reason in
 * CONTRIBUTING.md. Types only complete the signatures of functions; they do not count.
 * @module
 */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import * as lwm from "../../lib/mod.ts";
import { joinCells, numberedNotebooks, readNotebook } from "../notebooks/notebook.ts";

const root = resolve(import.meta.dirname!, "../..");
const page = await Deno.readTextFile(join(root, "lib", "README.md"));

const { figures, evaluation } = lwm;
/** Functions, classes, constants and namespaces that `lwm` exports, those in its namespaces included. */
const names = [
  ...Object.keys(lwm),
  ...Object.keys(figures).map((name) => `figures.${name}`),
  ...Object.keys(evaluation).map((name) => `evaluation.${name}`),
];

Deno.test("every public name is used in a notebook or in lib/README.md", async () => {
  const paths = await numberedNotebooks(join(root, "notebooks"));
  const cells = await Promise.all(paths.map(async (path) => joinCells(await readNotebook(path))));
  const uses = [...cells, page].join("\n");
  const unused = names.filter((name) => !new RegExp(`\\b${name.replaceAll(".", "\\.")}\\b`).test(uses));
  assert.deepEqual(unused, [], "use them, or do not export them");
});

Deno.test("CONTRIBUTING.md says of every package what it is for", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const packages = Object.values<string>(imports)
    .flatMap((target) => target.match(/^npm:(@[^/]+\/[^@]+|[^@/]+)@/)?.[1] ?? []);
  assert.ok(packages.length > 10);
  const text = await Deno.readTextFile(join(root, "CONTRIBUTING.md"));
  const rows = text.match(/^\| *`.+$/gm)!.map((row) => row.split("|")[1]);
  const named = (name: string) =>
    rows.some((row) => row.includes(`\`${name}\``) || row.includes(`\`${name.replace(/\/.+/, "/*")}\``));
  assert.deepEqual(packages.filter((name) => !named(name)), []);
});
