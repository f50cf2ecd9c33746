import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { withFolder } from "../testdata/folder.ts";
import { drawImage } from "./kit/picture_grid.ts";
import { composeFigure } from "./kit/svg.ts";
import { renderPng } from "./save.ts";
import { IMAGE } from "./testdata/drawn.ts";

Deno.test("renderPng() is twice as large as a chart, one and a half times as large as pictures, and on white", async () => {
  const square = { svg: '<rect width="40" height="40"/>', width: 40, height: 40 };
  for (const [scale, body] of [[2, square], [1.5, drawImage(IMAGE, 40, "slope")]] as const) {
    const figure = composeFigure({ title: "Title", description: "Nothing but a title and a picture.", body });
    const png = await renderPng(figure);
    const { width, height, hasAlpha } = await sharp(png).metadata();
    const size = [scale * figure.width, Math.round(scale * figure.height)];
    assert.deepEqual([width, height, hasAlpha], [...size, false]);
    const { channels } = await sharp(png).stats();
    assert.ok(channels[0].max === 255 && channels[0].min < 64, "blank");
  }
});

/**
 * Draws one letter where fontconfig finds no fonts but ours, or none at all.
 * @param temporary folder in place of the system's; the process is killed in it, as a notebook's kernel is
 * @returns the rows of its picture
 */
async function drawn(fonts: "ours" | "none", temporary: string): Promise<string[]> {
  const script = `
    import sharp from "sharp";
    import { provideFonts } from "${new URL("save.ts", import.meta.url)}";
    if (${fonts === "ours"}) await provideFonts();
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">' +
      '<text x="5" y="32" font-size="32" font-family="DejaVu Sans">L</text></svg>';
    await Deno.stdout.write(await sharp(new TextEncoder().encode(svg)).flatten({ background: "white" }).png().toBuffer());
    Deno.kill(Deno.pid, "SIGKILL");`;
  const empty = join(temporary, "none.conf");
  if (fonts === "none") await Deno.writeTextFile(empty, "<fontconfig></fontconfig>");
  // The test above has set it in this process.
  const { FONTCONFIG_FILE: _, ...inherited } = Deno.env.toObject();
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", new URL("../../deno.json", import.meta.url).pathname, script],
    env: { ...inherited, TMPDIR: temporary, ...(fonts === "none" ? { FONTCONFIG_FILE: empty } : {}) },
    clearEnv: true,
  }).output();
  const { data, info } = await sharp(stdout).greyscale().raw().toBuffer({ resolveWithObject: true });
  return Array.from(
    { length: info.height },
    (_, y) =>
      Array.from(data.subarray(y * info.width, (y + 1) * info.width), (gray) => gray < 128 ? "#" : ".").join(
        "",
      ),
  );
}

Deno.test("provideFonts() lets letters be drawn where the machine has no fonts, from one folder", async () => {
  const nothing = await withFolder((temporary) => drawn("none", temporary));
  const [letter, again] = await withFolder(async (temporary) => {
    const letters = [await drawn("ours", temporary), await drawn("ours", temporary)];
    assert.equal([...Deno.readDirSync(temporary)].length, 1);
    return letters;
  });
  assert.notDeepEqual(letter, nothing);
  assert.deepEqual(letter, again);
  // An L is a stem above and a foot below.
  const [top, middle, foot] = [12, 20, 30].map((y) => letter[y].split("#").length - 1);
  assert.ok(top > 0 && top === middle && foot > 2 * top, letter.join("\n"));
});
