import assert from "node:assert/strict";
import { join } from "node:path";
import { cubSource, parseCubIndex } from "./cub.ts";
import { cubIndex, naming, withFolder, writeBirds, writeCub } from "./testdata/photo_fixtures.ts";

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

Deno.test("cubSource() throws where an index file or a photo is missing and names it", async () => {
  for (const file of ["images.txt", "image_class_labels.txt", "bounding_boxes.txt"]) {
    await withFolder(async (root) => {
      await writeCub(root);
      Deno.removeSync(join(root, file));
      assert.throws(() => cubSource(root, { seed: 1 }), naming(join(root, file), "no such file"));
    });
  }
  await withFolder(async (root) => {
    await writeCub(root);
    const photo = join(root, "images/003.Sooty_Albatross/Sooty_Albatross_0012.jpg");
    Deno.removeSync(photo);
    assert.throws(() => cubSource(root, { seed: 1 }), naming(photo, "no such file"));
  });
});

Deno.test("parseCubIndex() throws where the files disagree and names both", () => {
  const index = cubIndex();
  assert.equal(parseCubIndex(index, "cub").length, 15);
  const without = (text: string, line: number) => text.split("\n").toSpliced(line, 1).join("\n");
  for (
    const [file, name] of [
      ["labels", "image_class_labels.txt"],
      ["boxes", "bounding_boxes.txt"],
    ] as const
  ) {
    assert.throws(
      () => parseCubIndex({ ...index, [file]: without(index[file], 4) }, "cub"),
      naming(name, "line 5", "image 5"),
    );
  }
  assert.throws(
    () => parseCubIndex({ ...index, images: without(index.images, 4) }, "cub"),
    naming("image_class_labels.txt", "line 5", "image 6"),
  );
  assert.throws(
    () => parseCubIndex({ ...index, labels: index.labels.replace("6 2", "6 3") }, "cub"),
    naming("image_class_labels.txt", "image 6", "6 3"),
  );
});

Deno.test("parseCubIndex() throws on a malformed line and names file and line", () => {
  const index = cubIndex();
  const wrong: [keyof typeof index, string, string, string][] = [
    ["images", "3 001.", "3 ../", "images.txt"],
    ["images", "3 001.", "3 /001.", "images.txt"],
    ["images", "3 001.", "2 001.", "images.txt"],
    ["labels", "3 1", "3 -1", "image_class_labels.txt"],
    ["labels", "3 1", "3 1 1", "image_class_labels.txt"],
    ["boxes", "3 7.0 2.0 8.0 4.0", "3 7.0 2.0 8.0", "bounding_boxes.txt"],
    ["boxes", "3 7.0 2.0 8.0 4.0", "3 7.0 2.0 NaN 4.0", "bounding_boxes.txt"],
  ];
  for (const [file, from, to, name] of wrong) {
    const changed = index[file].replace(from, to);
    assert.notEqual(changed, index[file]);
    assert.throws(
      () => parseCubIndex({ ...index, [file]: changed }, "cub"),
      naming(name, "line 3"),
      `${from} → ${to}`,
    );
  }
  assert.throws(
    () => parseCubIndex({ ...index, boxes: index.boxes.replace("7.0 2.0 8.0", "7.0 2.0 0.0") }, "cub"),
    naming("bounding_boxes.txt", "image 3"),
  );
  assert.throws(() => parseCubIndex({ ...index, images: "" }, "cub"), naming("images.txt", "line 1"));
});
