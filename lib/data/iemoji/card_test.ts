import assert from "node:assert/strict";
import configuration from "../../../deno.json" with { type: "json" };
import { DRAWINGS } from "../../run/testdata/tiny_run.ts";
import { loadIEmoji } from "./drawings.ts";
import { IEMOJI_ARTISTS, IEMOJI_TEST_ARTISTS } from "./artists.ts";
import { IEMOJI_CLASSES } from "./classes.ts";

const card = await Deno.readTextFile(new URL("../../../data/README.md", import.meta.url));

/** The text between a heading and the next. */
function section(heading: string): string {
  const [, text] = card.split(`### ${heading}\n`);
  assert.ok(text, `the card has no section ${heading}`);
  return text.split("\n#")[0];
}

/** Rows of the table in a section, without its heading, as cells. */
function table(heading: string): string[][] {
  const lines = section(heading).split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("the data card credits every artist as the packages ask for", () => {
  const rows = IEMOJI_ARTISTS.map(({ name, version, author, source, license, licenseUrl }) => [
    `\`${name}\``,
    version,
    `[${author}](${source})`,
    `[${license}](${licenseUrl})`,
    IEMOJI_TEST_ARTISTS.includes(name) ? "test" : "training",
  ]);
  assert.deepEqual(table("Artists and licenses"), rows);
});

Deno.test("the artists' versions are those that deno.json pins", () => {
  const pinned = Object.values(configuration.imports).filter((target) => target.includes("@iconify-json/"));
  const expected = IEMOJI_ARTISTS.map(({ name, version }) => `npm:@iconify-json/${name}@${version}`);
  assert.deepEqual(pinned.toSorted(), expected.toSorted());
});

Deno.test("the data card lists the classes", () => {
  const list = section("Classes").split(/\n\n/).find((paragraph) =>
    paragraph.trim().startsWith("`telephone`")
  );
  const listed = [...list!.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  assert.deepEqual(listed, IEMOJI_CLASSES);
  assert.equal(new Set(IEMOJI_CLASSES).size, 100);
});

Deno.test("the data card counts the images of each split", async () => {
  const everyClass = IEMOJI_CLASSES.map((_, id) => id);
  const counted: string[][] = [];
  for (const holdOut of [false, true]) {
    const dataset = await loadIEmoji({ directory: DRAWINGS, holdOut });
    for (const split of ["train", "validation", "test"] as const) {
      if (holdOut && split === "test") continue; // the same
      const { count, views } = dataset.open(split, everyClass, { seed: 1, views: 40 });
      const drawings = split === "train" ? count : count / 10;
      const name = holdOut ? `${split}, held out` : split;
      counted.push([name, `${drawings}`, `${count}`, views === 40 ? "as configured" : `${views}`]);
    }
  }
  assert.deepEqual(table("Splits").map(([name, , ...numbers]) => [name, ...numbers]), counted);
});
