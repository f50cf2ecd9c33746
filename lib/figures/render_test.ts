import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { withFolder } from "../testdata/folder.ts";
import { IMAGE } from "./testdata/drawn.ts";
import { drawImage } from "./kit/picture_grid.ts";
import { renderPng } from "./save.ts";
import { composeFigure } from "./kit/svg.ts";

const parts = { title: "Title", description: "Nothing but a title and a picture." };

Deno.test("renderPng() is twice as large as a chart, one and a half times as large as pictures, and on white", async () => {
  const bodies = [[2, { svg: '<rect width="40" height="40"/>', width: 40, height: 40 }], [
    1.5,
    drawImage(IMAGE, 40, "slope"),
  ]] as const;
  for (const [scale, body] of bodies) {
    const figure = composeFigure({ ...parts, body });
    const png = await renderPng(figure);
    const { width, height, hasAlpha } = await sharp(png).metadata();
    assert.deepEqual([width, height, hasAlpha], [
      scale * figure.width,
      Math.round(scale * figure.height),
      false,
    ]);
    const { channels } = await sharp(png).stats();
    assert.ok(channels[0].max === 255 && channels[0].min < 64, "blank");
  }
});

/**
 * Draws one letter where fontconfig finds no fonts but ours, or none at all.
 * @param temporary folder in place of the system's; the process is killed in it, as a notebook's kernel is
 */
async function drawn(fonts: "ours" | "none", temporary: string): Promise<string> {
  const script = `
    ${
    fonts === "ours"
      ? `import { provideFonts } from "${new URL("save.ts", import.meta.url)}"; await provideFonts();`
      : ""
  }
    import sharp from "sharp";
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">' +
      '<text x="5" y="32" font-size="32" font-family="DejaVu Sans">L</text></svg>';
    await Deno.stdout.write(await sharp(new TextEncoder().encode(svg)).flatten({ background: "white" }).png().toBuffer());
    Deno.kill(Deno.pid, "SIGKILL");`;
  const empty = join(temporary, "none.conf");
  await Deno.writeTextFile(empty, "<fontconfig></fontconfig>");
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", config, script],
    env: { TMPDIR: temporary, ...(fonts === "none" ? { FONTCONFIG_FILE: empty } : {}) },
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  const { data, info } = await sharp(stdout).greyscale().raw().toBuffer({ resolveWithObject: true });
  const dark = (x: number, y: number) => data[y * info.width + x] < 128 ? "#" : ".";
  return [12, 20, 30].map((y) => Array.from({ length: 30 }, (_, x) => dark(x, y)).join("")).join("\n");
}

Deno.test("provideFonts() lets letters be drawn where the machine has no fonts, from one folder", async () => {
  const [nothing, letter, again] = await withFolder(async (temporary) => {
    const nothing = await drawn("none", temporary);
    await Deno.remove(join(temporary, "none.conf"));
    const letters = [await drawn("ours", temporary), await drawn("ours", temporary)];
    assert.equal([...Deno.readDirSync(temporary)].length, 1);
    return [nothing, ...letters];
  });
  assert.notEqual(letter, nothing);
  assert.equal(letter, again);
  // An L is a stem above and a foot below: few dark pixels in the first two rows, more in the last.
  const [top, middle, foot] = letter.split("\n").map((row) => row.split("#").length - 1);
  assert.ok(top > 0 && top === middle && foot > 2 * top, letter);
});
