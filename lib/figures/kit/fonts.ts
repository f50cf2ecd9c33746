/**
 * The figures' font comes with the project: a machine without fonts would draw boxes, and another font other pictures.
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// Imported so that Deno installs the package; the fonts themselves are read by fontconfig.
import fontPackage from "dejavu-fonts-ttf/package.json" with { type: "json" };

let ready = false;

/**
 * Makes fontconfig, and so librsvg, know DejaVu Sans. To be called before the first text is drawn; `FONTCONFIG_FILE` in the
 * environment is left as it is.
 */
export function provideFonts(): void {
  if (ready || Deno.env.has("FONTCONFIG_FILE")) return;
  const fonts = fileURLToPath(new URL("ttf", import.meta.resolve("dejavu-fonts-ttf/package.json")));
  const folder = Deno.makeTempDirSync({ prefix: `${fontPackage.name}-` });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const configuration = join(folder, "fonts.conf");
  Deno.writeTextFileSync(
    configuration,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">` +
      `<fontconfig><dir>${fonts}</dir><cachedir>${folder}</cachedir></fontconfig>`,
  );
  Deno.env.set("FONTCONFIG_FILE", configuration);
  ready = true;
}
