import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { withFolder } from "../folder_fixture.ts";
import { UserError } from "../user_error.ts";
import { contactSheet } from "./contact_sheet.ts";
import { drawFigure, figureDirectory, saveFigure } from "./save.ts";
import { IMAGE } from "./testdata/drawn.ts";

const sheet = (label: string) => ({ title: "One image", columns: 1, images: [{ image: IMAGE, label }] });

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("saveFigure() writes the numbers, the SVG that they give, its PNG, and nothing else", async () => {
  await withFolder(async (folder) => {
    const directory = join(folder, "new", "figures");
    const figure = await saveFigure("sheet", contactSheet, sheet("key"), { directory });
    assert.deepEqual(filesIn(directory), ["sheet.json", "sheet.png", "sheet.svg"]);
    assert.equal(await Deno.readTextFile(join(directory, "sheet.svg")), figure.svg);
    const json = await Deno.readTextFile(join(directory, "sheet.json"));
    assert.equal(JSON.parse(json).figure, "contactSheet");
    assert.deepEqual(drawFigure(json), contactSheet(sheet("key")));
    assert.equal(
      (await sharp(await Deno.readFile(join(directory, "sheet.png"))).metadata()).width,
      1.5 * figure.width,
    );
  });
});

Deno.test("drawFigure() throws a UserError where the file names no figure", () => {
  assert.throws(() => drawFigure('{ "figure": "toString" }'), UserError);
  assert.throws(
    () => drawFigure("{}"),
    /Expected "figure" to be one of accuracyCurve, .* but found undefined/,
  );
});

Deno.test("figureDirectory() writes over a committed figure only with the same preset and engine", async () => {
  await withFolder(async (root) => {
    const lines: string[] = [];
    const folderFor = async (name: string, setting: { preset?: string; engine?: string }) => {
      const directory = await figureDirectory(name, setting, (line) => lines.push(line), root);
      return directory.slice(root.length + 1);
    };
    assert.equal(await folderFor("sheet", { preset: "default", engine: "wasm" }), "figures");
    assert.equal(await folderFor("sheet", { preset: "smoke", engine: "wasm" }), "data/figures/smoke-wasm");
    lines.length = 0;

    const setting = { preset: "default", engine: "wasm" };
    await saveFigure("sheet", contactSheet, { ...sheet("key"), ...setting }, {
      directory: join(root, "figures"),
    });
    assert.equal(await folderFor("sheet", setting), "figures");
    assert.deepEqual(lines, []);
    assert.equal(await folderFor("sheet", { ...setting, engine: "onednn" }), "data/figures/default-onednn");
    assert.deepEqual(lines, [
      "sheet (preset default, engine onednn) is saved in data/figures/default-onednn: " +
      "the one in figures/ has preset default, engine wasm.",
    ]);
  });
});

Deno.test("saveFigure() keeps the earlier figure whole when the disk is full", async () => {
  await withFolder(async (directory) => {
    await saveFigure("sheet", contactSheet, sheet("key"), { directory });
    const before = filesIn(directory).map((name) => Deno.readFileSync(join(directory, name)));
    // Writing to /dev/full fails as writing to a full disk does. The numbers are the last of the three files.
    await Deno.symlink("/dev/full", join(directory, `sheet.json.${Deno.pid}.partial`));
    await assert.rejects(
      saveFigure("sheet", contactSheet, sheet("axe"), { directory }),
      (error) =>
        error instanceof UserError &&
        /Expected to write the figure sheet at .* no space is left/.test(error.message),
    );
    assert.deepEqual(filesIn(directory), ["sheet.json", "sheet.png", "sheet.svg"]);
    assert.deepEqual(filesIn(directory).map((name) => Deno.readFileSync(join(directory, name))), before);
  });
});

Deno.test("saveFigure() throws a UserError where the folder cannot be made", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "figures"), "a file, not a folder");
    await assert.rejects(
      saveFigure("sheet", contactSheet, sheet("key"), { directory: join(folder, "figures") }),
      (error) => error instanceof UserError && error.message.includes(join(folder, "figures")),
    );
  });
});

Deno.test({
  name: "saveFigure() throws a UserError where the folder is read-only",
  ignore: Deno.uid() === 0, // root may write everywhere
  fn: () =>
    withFolder(async (directory) => {
      await Deno.chmod(directory, 0o555);
      await assert.rejects(saveFigure("sheet", contactSheet, sheet("key"), { directory }), UserError);
      await Deno.chmod(directory, 0o755);
    }),
});
