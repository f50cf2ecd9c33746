import assert from "node:assert/strict";
import { join } from "node:path";
import { imagenetSource } from "./imagenet.ts";
import { naming, withFolder, writeFile, writeImagenet } from "./testdata/photo_fixtures.ts";

Deno.test("imagenetSource() reads validation images that are sorted into classes, and those of Kaggle's list", async () => {
  const found: unknown[] = [];
  for (const layout of ["sorted", "kaggle"] as const) {
    await withFolder(async (root) => {
      await writeImagenet(root, layout);
      const source = imagenetSource(root, { seed: 1 });
      assert.deepEqual(source.classNames, ["n01440764", "n01443537", "n02123045", "n07720875"]);
      assert.equal(source.photos.length, 32);
      found.push(source.photos.map(({ name, classId, split }) => [name.split("/").at(-1), classId, split]));
      assert.equal((await source.decode(31, 8)).pixels.length, 192);
    });
  }
  assert.deepEqual(new Set(found[0] as string[]), new Set(found[1] as string[]));
});

Deno.test("imagenetSource() draws a hundred classes by the seed where there are more", async () => {
  await withFolder((root) => {
    for (let i = 0; i < 130; i++) {
      const id = `n${String(i).padStart(8, "0")}`;
      writeFile(join(root, "train", id, "a.JPEG"), "");
      writeFile(join(root, "val", id, "b.JPEG"), "");
    }
    const [one, other] = [1, 2].map((seed) => imagenetSource(root, { seed }).classNames);
    assert.deepEqual([one.length, other.length], [100, 100]);
    assert.notDeepEqual(one, other);
    assert.deepEqual(imagenetSource(root, { seed: 1 }).classNames, one);
  });
});

Deno.test("imagenetSource() throws where folders are missing or are no classes", async () => {
  await withFolder((root) => {
    assert.throws(() => imagenetSource(root, { seed: 1 }), naming(join(root, "train"), "no such file"));
    writeFile(join(root, "train", "cats", "a.JPEG"), "");
    assert.throws(() => imagenetSource(root, { seed: 1 }), naming('"cats"', "WordNet"));
  });
  await withFolder(async (root) => {
    await writeImagenet(root, "kaggle");
    Deno.removeSync(join(root, "LOC_val_solution.csv"));
    assert.throws(() => imagenetSource(root, { seed: 1 }), naming("LOC_val_solution.csv", "val"));
  });
});

Deno.test("imagenetSource() throws where list and images disagree", async () => {
  await withFolder(async (root) => {
    await writeImagenet(root, "kaggle");
    const path = join(root, "LOC_val_solution.csv");
    const list = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, list + "ILSVRC2012_val_00009999,n01440764 1 1 2 2 \n");
    assert.throws(() => imagenetSource(root, { seed: 1 }), naming("ILSVRC2012_val_00009999", path));
    const lines = list.split("\n");
    for (const wrong of ["a,1", "../a,n01440764", lines[1], ""]) {
      Deno.writeTextFileSync(path, lines.with(2, wrong).join("\n"));
      assert.throws(() => imagenetSource(root, { seed: 1 }), naming("line 3", path, "fetch the file again"));
    }
    Deno.writeTextFileSync(path, lines.toSpliced(2, 1).join("\n"));
    assert.throws(() => imagenetSource(root, { seed: 1 }), naming("ILSVRC2012_val_00000007", path));
  });
});
