import assert from "node:assert/strict";
import sharp from "sharp";

/** Draws one letter where fontconfig finds no fonts but ours, or none at all. */
async function drawn(fonts: "ours" | "none"): Promise<string> {
  const script = `
    ${
    fonts === "ours"
      ? `import { provideFonts } from "${new URL("fonts.ts", import.meta.url)}"; provideFonts();`
      : ""
  }
    import sharp from "sharp";
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">' +
      '<text x="5" y="32" font-size="32" font-family="DejaVu Sans">L</text></svg>';
    await Deno.stdout.write(await sharp(new TextEncoder().encode(svg)).flatten({ background: "white" }).png().toBuffer());`;
  const empty = await Deno.makeTempFile();
  await Deno.writeTextFile(empty, "<fontconfig></fontconfig>");
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", config, script],
    env: fonts === "none" ? { FONTCONFIG_FILE: empty } : {},
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  await Deno.remove(empty);
  const { data, info } = await sharp(stdout).greyscale().raw().toBuffer({ resolveWithObject: true });
  const dark = (x: number, y: number) => data[y * info.width + x] < 128 ? "#" : ".";
  return [12, 20, 30].map((y) => Array.from({ length: 30 }, (_, x) => dark(x, y)).join("")).join("\n");
}

Deno.test("provideFonts() lets letters be drawn where the machine has no fonts", async () => {
  const [letter, nothing] = [await drawn("ours"), await drawn("none")];
  assert.notEqual(letter, nothing);
  // An L is a stem above and a foot below: few dark pixels in the first two rows, more in the last.
  const [top, middle, foot] = letter.split("\n").map((row) => row.split("#").length - 1);
  assert.ok(top > 0 && top === middle && foot > 2 * top, letter);
});
