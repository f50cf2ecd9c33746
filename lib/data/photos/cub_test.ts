import assert from "node:assert/strict";
import { join } from "node:path";
import { cubSource } from "./cub.ts";
import { cubPhoto, naming, withFolder, writeBirds, writeCub } from "./testdata/photo_fixtures.ts";

Deno.test("cubSource() reads photos, classes and boxes in the official layout", async () => {
  await withFolder(async (root) => {
    await writeCub(join(root, "CUB_200_2011"));
    const source = cubSource(root, { seed: 1 });
    assert.deepEqual(source.classNames, ["Black_footed_Albatross", "Laysan_Albatross", "Sooty_Albatross"]);
    assert.equal(source.photos.length, 15);
    const { stamp, ...photo } = source.photos[7];
    assert.match(stamp, /"left":12/);
    assert.deepEqual(photo, {
      name: "images/002.Laysan_Albatross/Laysan_Albatross_0007.jpg",
      classId: 1,
      box: { left: 12, top: 2, width: 8, height: 4 },
    });
    // 40×20 to 10×10: half the size, and a quarter of the width is cut off at the left.
    assert.deepEqual((await source.decode(7, 10)).box, { left: 1, top: 1, width: 4, height: 2 });
  });
});

Deno.test("cubSource() takes the first hundred classes unless others are chosen", async () => {
  await withFolder((root) => {
    writeBirds(root, 120);
    const names = cubSource(root, { seed: 1 }).classNames;
    assert.equal(names.length, 100);
    assert.deepEqual([names[0], names[99]], ["Bird_1", "Bird_100"]);
    assert.equal(cubSource(root, { seed: 1, classes: "all" }).classNames.length, 120);
    assert.deepEqual(cubSource(root, { seed: 1, classes: ["Bird_120"] }).classNames, ["Bird_120"]);
  });
});

Deno.test("cubSource() names what is missing: a list, a photo, a line", async () => {
  await withFolder(async (root) => {
    await writeCub(root);
    const refuses = (...parts: string[]) =>
      assert.throws(() => cubSource(root, { seed: 1 }), naming(...parts));
    const boxes = join(root, "bounding_boxes.txt"), photo = join(root, cubPhoto(12));
    const lines = Deno.readTextFileSync(boxes).split("\n");
    const writeBoxes = (line: string) => Deno.writeTextFileSync(boxes, lines.with(2, line).join("\n"));
    for (
      const wrong of ["3 7.0 2.0 8.0", "3 7.0 2.0 NaN 4.0", "3 7.0 2.0 0.0 4.0", "2 7.0 2.0 8.0 4.0", ""]
    ) {
      writeBoxes(wrong);
      refuses(boxes, "line 3", `found "${wrong}"`, "deno task data cub-200-2011");
    }
    writeBoxes("99 7.0 2.0 8.0 4.0");
    refuses(`found "3" only in "${join(root, "images.txt")}"`);
    Deno.removeSync(boxes);
    refuses(boxes, "no such file");
    writeBoxes(lines[2]);
    Deno.removeSync(photo);
    refuses(photo, "no such file");
    Deno.writeTextFileSync(join(root, "images.txt"), "1 ../evil.jpg\n");
    refuses("images.txt", "line 1");
  });
});
