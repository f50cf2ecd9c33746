import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { UserError } from "../user_error.ts";
import { composeFigure, type Figure } from "./kit/svg.ts";
import { saveFigure } from "./save.ts";

const rectangle = (height: number): Figure =>
  composeFigure({
    title: "A rectangle",
    body: { svg: `<rect width="50" height="${height}"/>`, width: 50, height },
    description: "A black rectangle.",
  });

async function withFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("saveFigure() writes the SVG, a PNG of twice its size and the numbers, and nothing else", async () => {
  await withFolder(async (folder) => {
    const directory = join(folder, "new", "figures");
    const figure = rectangle(20);
    await saveFigure("box", figure, { height: 20 }, { directory });
    assert.deepEqual(filesIn(directory), ["box.json", "box.png", "box.svg"]);
    assert.equal(await Deno.readTextFile(join(directory, "box.svg")), figure.svg);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(join(directory, "box.json"))), { height: 20 });
    assert.equal(
      (await sharp(await Deno.readFile(join(directory, "box.png"))).metadata()).width,
      2 * figure.width,
    );
  });
});

Deno.test("saveFigure() keeps the earlier figure whole when the disk is full", async () => {
  await withFolder(async (directory) => {
    await saveFigure("box", rectangle(20), { height: 20 }, { directory });
    const before = filesIn(directory).map((name) => Deno.readFileSync(join(directory, name)));
    // Writing to /dev/full fails as writing to a full disk does. The numbers are the last of the three files.
    await Deno.symlink("/dev/full", join(directory, `box.json.${Deno.pid}.partial`));
    await assert.rejects(
      saveFigure("box", rectangle(30), { height: 30 }, { directory }),
      (error) =>
        error instanceof UserError &&
        /Expected to write the figure box at .* no space is left/.test(error.message),
    );
    assert.deepEqual(filesIn(directory), ["box.json", "box.png", "box.svg"]);
    assert.deepEqual(filesIn(directory).map((name) => Deno.readFileSync(join(directory, name))), before);
  });
});

Deno.test("saveFigure() throws a UserError where the folder cannot be made", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "figures"), "a file, not a folder");
    await assert.rejects(
      saveFigure("box", rectangle(20), {}, { directory: join(folder, "figures") }),
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
      await assert.rejects(saveFigure("box", rectangle(20), {}, { directory }), UserError);
      await Deno.chmod(directory, 0o755);
    }),
});
