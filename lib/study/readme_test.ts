/**
 * The tables of the README are what the committed results give. After new results, write them anew and read what the text
 * around them says:
 *
 *     deno test -A lib/study/readme_test.ts -- --update
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { markdownTable, type TableRow } from "../table.ts";
import { claimsTable, judgeClaims } from "./claims.ts";
import { gainByForgettingTable } from "./figure_numbers.ts";
import { readStudies } from "./study.ts";
import { settingsTable } from "./tables.ts";

const README = join(import.meta.dirname!, "../../README.md");
const studies = await readStudies();
const claims = judgeClaims(studies);

const THROUGHPUT = join(import.meta.dirname!, "../../figures/engine-throughput.json");
const ENGINES: Readonly<Record<string, string>> = {
  torch: "PyTorch 2.6, for comparison",
  webgpu: "webgpu, in software",
};

/** By the words of a table's marker: `claims all`, `claims QUESTION`, `study NAME`, `correlation NAME` or `engines base`. */
const TABLES: Readonly<Record<string, (argument: string) => readonly TableRow[]>> = {
  claims: (question) =>
    claimsTable(claims.filter((claim) => question === "all" || claim.question === question))
      .map(({ claim, verdict, "difference within seeds": _, ...row }) => ({
        claim,
        verdict: `**${verdict}**`,
        ...row,
      })),
  study: (name) => settingsTable(recordsOf(name)),
  correlation: (name) => gainByForgettingTable(recordsOf(name)),
  engines: (base) => {
    const { [base]: setting, rows } = JSON.parse(Deno.readTextFileSync(THROUGHPUT));
    const isBase = (row: Record<string, unknown>) =>
      Object.entries(setting).every(([field, value]) => row[field] === value);
    const rounded = (value: number) => Number(value.toPrecision(2));
    return rows.filter(isBase).map((row: { engine: string } & Record<string, number>) => ({
      engine: ENGINES[row.engine] ?? row.engine,
      "training, images a second": rounded(row.trainImagesPerSecond),
      "evaluation": rounded(row.evaluationImagesPerSecond),
    }));
  },
};

const recordsOf = (name: string) => studies.find((study) => study.name === name)!.records;

// A table stands between a comment that says where it comes from, and the next empty line.
const MARKED = /(<!-- results: (\w+) ([^>]*?) -->\n\n)((?:\|.*\n)*)/g;

/** Without what a formatter may change. */
const cellsOf = (table: string) =>
  table.trim().split("\n").map((line) => line.split("|").map((cell) => cell.trim().replace(/^:?-+:?$/, "-")));

Deno.test("the tables of the README are those of the committed results", async () => {
  const text = await Deno.readTextFile(README);
  const marked = [...text.matchAll(MARKED)];
  assert.ok(
    marked.length >= 3,
    `Expected at least three marked tables in the README but found ${marked.length}`,
  );
  if (Deno.args.includes("--update")) {
    const updated = text.replaceAll(
      MARKED,
      (_, marker, kind, argument) => `${marker}${markdownTable(TABLES[kind](argument))}\n`,
    );
    return await Deno.writeTextFile(README, updated);
  }
  for (const [, , kind, argument, table] of marked) {
    assert.deepEqual(cellsOf(table), cellsOf(markdownTable(TABLES[kind](argument))), `${kind} ${argument}`);
  }
});
