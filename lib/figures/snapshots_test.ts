/**
 * Each figure is a function of its JSON file: drawn again, it equals the SVG beside the file byte for byte.
 * The figures of the project are in `figures/`, those of small invented numbers in `testdata/`. After a
 * change that is wanted, draw all anew and look at them:
 *
 *     deno test -A lib/figures/snapshots_test.ts -- --update
 * @module
 */
import assert from "node:assert/strict";
import { basename, join, resolve } from "node:path";
import { drawFigure } from "./registry.ts";
import { renderPng } from "./save.ts";
import { inspect } from "./testdata/drawn.ts";

const COMMITTED = resolve(import.meta.dirname!, "../../figures");
const INVENTED = join(import.meta.dirname!, "testdata");
const LARGEST = 2e6;

for (const folder of [COMMITTED, INVENTED]) {
  for (const name of [...Deno.readDirSync(folder)].map(({ name }) => name).sort()) {
    if (!name.endsWith(".json")) continue;
    Deno.test(`${basename(folder)}/${name}, drawn again, equals the SVG beside it`, async () => {
      const json = await Deno.readTextFile(join(folder, name));
      const figure = drawFigure(json);
      const path = join(folder, name.replace(/json$/, "svg"));
      if (Deno.args.includes("--update")) {
        await Deno.writeTextFile(path, figure.svg);
        if (folder === COMMITTED) await Deno.writeFile(path.replace(/svg$/, "png"), await renderPng(figure));
      }
      const committed = await Deno.readTextFile(path).catch(() => "");
      // Not assert.equal(): it would print both files.
      assert.ok(
        figure.svg === committed,
        `Expected ${path} to be what its JSON file gives but found another drawing; draw it with --update.`,
      );
      assert.ok(Math.max(json.length, committed.length) < LARGEST, `${path} is too large`);
      await inspect(figure);
    });
  }
}
