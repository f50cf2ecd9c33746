import assert from "node:assert/strict";
import { join } from "node:path";
import { checkComplete } from "./completeness.ts";
import { naming, withFolder, writeBirds, writeCifar } from "./testdata/photo_fixtures.ts";

Deno.test("checkComplete() compares what it is told to count, and says all of it", async () => {
  await withFolder((root) => {
    writeCifar(root);
    checkComplete("cifar-100", root, { classes: 100, images: 600, train: 400, test: 200 });
    checkComplete("cifar-100", root, { classes: 100 });
    for (const wrong of [{ classes: 99 }, { images: 601 }, { train: 399 }, { test: 201 }]) {
      const expected = { classes: 100, ...wrong };
      assert.throws(() => checkComplete("cifar-100", root, expected), naming(root, "found 100 classes"));
    }
    assert.throws(
      () => checkComplete("cifar-100", root, { classes: 100, train: 500, test: 200 }),
      naming("100 classes, 500 training images, 200 test images", "100 classes, 400 training images, 200"),
    );
  });
});

Deno.test("checkComplete() counts all birds, not only those of the usual classes", async () => {
  await withFolder((root) => {
    writeBirds(root, 120);
    checkComplete("cub-200-2011", root, { classes: 120, images: 120 });
    Deno.removeSync(join(root, "images/120.Bird_120/a.jpg"));
    assert.throws(
      () => checkComplete("cub-200-2011", root, { classes: 120, images: 120 }),
      naming("120.Bird_120", "no such file"),
    );
  });
});
