import assert from "node:assert/strict";
import { join } from "node:path";
import { caltechSource, folderSource } from "./folder.ts";
import { findPhotos } from "./photos.ts";
import { jpeg, naming, withFolder, writeClassFolders, writeFile } from "./testdata/photo_fixtures.ts";

const seed = 1;

Deno.test("folderSource() lists classes and photos in a fixed order", async () => {
  await withFolder(async (root) => {
    await writeClassFolders(root, { zebra: 2, ant: 3 });
    writeFile(join(root, "ant", "Thumbs.db"), "not a photo");
    writeFile(join(root, ".DS_Store"), "nor this");
    writeFile(join(root, "README.txt"), "nor this");
    const source = folderSource(root, { seed });
    assert.deepEqual(source.classNames, ["ant", "zebra"]);
    assert.deepEqual(source.photos.map(({ name }) => name), [
      "ant/image_0001.jpg",
      "ant/image_0002.jpg",
      "ant/image_0003.jpg",
      "zebra/image_0001.jpg",
      "zebra/image_0002.jpg",
    ]);
    assert.ok(source.photos.every(({ split }) => split === undefined));
  });
});

Deno.test("folderSource() takes .jpg, .jpeg, .png and .webp in either case, and paths with spaces and umlauts", async () => {
  await withFolder(async (folder) => {
    const root = join(folder, "Meine Bilder – 写真");
    for (const file of ["a b.JPG", "ü.jpeg", "猫.png", "d.webp"]) {
      writeFile(join(root, "große Käfer", file), await jpeg(1));
    }
    const source = folderSource(root, { seed });
    assert.equal(source.photos.length, 4);
    const { pixels } = await source.decode(3, 4);
    assert.equal(pixels.length, 48);
  });
});

Deno.test("folderSource() picks classes by name", async () => {
  await withFolder(async (root) => {
    await writeClassFolders(root, { ant: 1, bee: 1, cat: 1, dog: 1, elk: 1, fox: 1 });
    assert.deepEqual(folderSource(root, { seed, classes: ["dog", "ant"] }).classNames, ["ant", "dog"]);
    assert.throws(() => folderSource(root, { seed, classes: ["gnu"] }), naming("gnu", root));
    assert.throws(() => folderSource(root, { seed, classes: [] }), naming("empty list"));
  });
});

Deno.test("folderSource() takes val, valid or validation for the test where there is no test folder", async () => {
  for (const name of ["val", "valid", "validation"]) {
    await withFolder(async (root) => {
      await writeClassFolders(join(root, "train"), { ant: 2 });
      await writeClassFolders(join(root, name), { ant: 1 });
      const splits = () =>
        folderSource(root, { seed }).photos.map(({ name, split }) => `${name.split("/")[0]} ${split}`);
      assert.deepEqual(splits(), ["train train", "train train", `${name} test`].toSorted());
      await writeClassFolders(join(root, "test"), { ant: 1 });
      assert.deepEqual(splits(), ["test test", "train train", "train train"]);
    });
  }
});

Deno.test("folderSource() names images that it cannot read", async () => {
  await withFolder(async (root) => {
    writeFile(join(root, "bee/1.jpg"), await jpeg(1));
    writeFile(join(root, "bee/2.BMP"), "");
    assert.throws(() => folderSource(root, { seed }), naming(join(root, "bee"), '"2.BMP"', "convert"));
  });
});

Deno.test("folderSource() throws where a class is empty, and says so where folders are one level too deep", async () => {
  await withFolder(async (root) => {
    await writeClassFolders(root, { ant: 1 });
    Deno.mkdirSync(join(root, "empty"));
    assert.throws(() => folderSource(root, { seed }), naming(join(root, "empty"), "found an empty folder"));
  });
  await withFolder(async (root) => {
    await writeClassFolders(root, { ant: 1 });
    Deno.mkdirSync(join(root, "__MACOSX")); // of an archive that was made on macOS
    assert.deepEqual(folderSource(root, { seed }).classNames, ["ant"]);
  });
  await withFolder(async (root) => {
    await writeClassFolders(join(root, "photos"), { ant: 1 });
    assert.throws(
      () => folderSource(root, { seed }),
      naming(join(root, "photos"), '"ant"', "choose the folder"),
    );
  });
  await withFolder((root) => {
    assert.throws(() => folderSource(root, { seed }), naming(root, "found an empty folder"));
    writeFile(join(root, "a.txt"), "");
    assert.throws(() => folderSource(root, { seed }), naming(root, 'no folder, only files such as "a.txt"'));
    const options = { path: join(root, "a.txt"), seed };
    assert.throws(() => findPhotos("folder", options), naming("your images", "but found a file"));
  });
});

Deno.test("folderSource() throws on two classes that differ by case or by the encoding of an accent", async () => {
  await withFolder(async (root) => {
    await writeClassFolders(root, { Cat: 1, cat: 1 });
    assert.throws(() => folderSource(root, { seed }), naming(root, '"Cat"', '"cat"', "rename"));
  });
  await withFolder(async (root) => {
    await writeClassFolders(root, { "caf\u00e9": 1, "cafe\u0301": 1 });
    assert.throws(() => folderSource(root, { seed }), naming("rename"));
  });
});

Deno.test("folderSource() throws where train and test have different classes", async () => {
  await withFolder(async (root) => {
    await writeClassFolders(join(root, "train"), { ant: 1, bee: 1 });
    await writeClassFolders(join(root, "test"), { ant: 1, cat: 1 });
    assert.throws(() => folderSource(root, { seed }), naming('"bee"', join(root, "test")));
    assert.throws(() => folderSource(root, { seed, classes: ["bee"] }), naming('"bee"'));
    assert.deepEqual(folderSource(root, { seed, classes: ["ant"] }).classNames, ["ant"]);
    await writeClassFolders(join(root, "test"), { bee: 1 });
    assert.throws(() => folderSource(root, { seed }), naming('"cat"', join(root, "train")));
  });
});

Deno.test({
  name: "folderSource() throws on a dead link and names it",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (root) => {
      await writeClassFolders(root, { ant: 1 });
      // A class whose disk is not mounted must not be left out silently.
      for (const link of ["ant/dead.jpg", "bee"].map((name) => join(root, name))) {
        Deno.symlinkSync(join(root, "nowhere"), link);
        assert.throws(
          () => folderSource(root, { seed }),
          naming(`follow the link at "${link}"`, "no such file"),
        );
        Deno.removeSync(link);
      }
    });
  },
});

Deno.test("caltechSource() leaves out the clutter and the second set of faces", async () => {
  await withFolder(async (root) => {
    await writeClassFolders(join(root, "101_ObjectCategories"), {
      BACKGROUND_Google: 1,
      Faces: 2,
      Faces_easy: 2,
      yin_yang: 2,
      accordion: 2,
    });
    for (const path of [root, join(root, "101_ObjectCategories")]) {
      const source = caltechSource(path, { seed: 1 });
      assert.deepEqual(source.classNames, ["Faces", "accordion", "yin_yang"]);
      assert.equal(source.photos.length, 6);
    }
  });
});
