/**
 * What the pages owe a reader: their tables are made from the committed results, and their links lead somewhere.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { PAGES, results, withTables } from "./results.ts";

const root = resolve(import.meta.dirname!, "../..");

async function readPage(page: string): Promise<string> {
  return await Deno.readTextFile(join(root, page));
}

/** Without what a formatter may change: the width of columns. */
function squeezed(text: string): string {
  return text.replaceAll(/(-|\s)+/g, "$1");
}

Deno.test("results refuses what it does not know", () =>
  assert.rejects(results(["--foo"]), { name: "UserError", message: /task results` but found --foo/ }));

for (const page of PAGES) {
  Deno.test(`the tables of ${page} are those that \`deno task results\` makes`, async () => {
    const text = await readPage(page);
    assert.match(text, /<!-- results: /);
    assert.equal(squeezed(text), squeezed(await withTables(text)));
  });
}

Deno.test("every link of a page leads to a file or a heading", async () => {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd: root,
  }).output();
  const pages = new TextDecoder().decode(stdout).trim().split("\n").filter((page) =>
    existsSync(join(root, page))
  );
  assert.ok(pages.includes("README.md"));
  const broken: string[] = [];
  for (const page of pages) {
    const text = (await readPage(page)).replaceAll(/```[^]*?```/g, "");
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path, heading] = link.split("#");
      const target = path === "" ? page : join(dirname(page), decodeURI(path));
      const headings = heading === undefined ? [] : headingsOf(await readPage(target));
      const isThere = existsSync(join(root, target)) && (heading === undefined || headings.includes(heading));
      if (!isThere) broken.push(`${page}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** As GitHub names them in links. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
  );
}
