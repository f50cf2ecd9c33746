import assert from "node:assert/strict";
import { join } from "node:path";
import { cifarSource, parseLabelNames, parseLabels } from "./cifar.ts";
import {
  cifarFile,
  cifarNames,
  naming,
  withFolder,
  writeCifar,
  writeFile,
} from "./testdata/photo_fixtures.ts";

Deno.test("cifarSource() reads labels and names in the official layout", async () => {
  await withFolder((root) => {
    writeCifar(join(root, "cifar-100-binary"));
    for (const path of [root, join(root, "cifar-100-binary")]) {
      const source = cifarSource(path, { seed: 1 });
      assert.deepEqual(source.classNames, cifarNames);
      assert.equal(source.photos.length, 600);
      assert.deepEqual(source.photos.slice(0, 6).map(({ split }) => split), [
        ...["train", "train", "train", "train"],
        ...["test", "test"],
      ]);
      assert.ok(source.photos.every(({ classId }, i) => classId === Math.floor(i / 6)));
    }
  });
});

Deno.test("cifarSource() turns planes into pixels, and scales them where another size is wanted", async () => {
  await withFolder(async (root) => {
    writeCifar(root);
    const source = cifarSource(root, { seed: 1 });
    const photo = source.photos.findIndex(({ name }) => name === "train.bin/00003");
    assert.equal(source.photos[photo].classId, 21);
    const { pixels } = await source.decode(photo, 32);
    assert.deepEqual([...pixels.subarray(0, 6)], [21, 3, 0, 21, 3, 1]);
    assert.deepEqual([...pixels.subarray(-3)], [21, 3, 31]);
    const scaled = (await source.decode(photo, 16)).pixels;
    assert.equal(scaled.length, 3 * 16 * 16);
    assert.deepEqual([...scaled.subarray(0, 2)], [21, 3]);
  });
});

Deno.test("cifarSource() throws where a file is missing, too long, too short or empty", async () => {
  for (const file of ["train.bin", "test.bin", "fine_label_names.txt"]) {
    await withFolder((root) => {
      writeCifar(root);
      Deno.removeSync(join(root, file));
      assert.throws(() => cifarSource(root, { seed: 1 }), naming(join(root, file), "no such file"));
    });
  }
  for (const length of [0, 1, 3073, 399 * 3074, 400 * 3074 - 1]) {
    await withFolder((root) => {
      writeCifar(root);
      Deno.truncateSync(join(root, "train.bin"), length);
      assert.throws(
        () => cifarSource(root, { seed: 1 }),
        naming(join(root, "train.bin"), "deno task data cifar-100"),
      );
    });
  }
});

Deno.test("parseLabels() throws on a wrong length and on labels that cannot be right, and names the record", () => {
  const good = cifarFile(2);
  assert.equal(parseLabels(good, "train.bin").length, 200);
  assert.throws(() => parseLabels(good.subarray(1), "train.bin"), naming("train.bin", "614799 bytes"));
  const at = (record: number, byte: number, value: number) => good.with(3074 * record + byte, value);
  assert.throws(() => parseLabels(at(3, 1, 100), "train.bin"), naming("train.bin", "record 3", "100"));
});

Deno.test("parseLabelNames() throws unless there are a hundred names", () => {
  assert.deepEqual(parseLabelNames(cifarNames.join("\r\n") + "\n\n", "names"), cifarNames);
  for (
    const wrong of [
      "",
      cifarNames.slice(1).join("\n"),
      [...cifarNames, "more"].join("\n"),
      cifarNames.with(3, "").join("\n"),
      cifarNames.with(3, "\u0000").join("\n"),
    ]
  ) {
    assert.throws(() => parseLabelNames(wrong, "fine_label_names.txt"), naming("fine_label_names.txt"));
  }
});

Deno.test("cifarSource() names the Python version", async () => {
  for (const files of [["cifar-100-python/meta"], ["meta", "test", "train"]]) {
    await withFolder((root) => {
      for (const file of files) writeFile(join(root, file), "");
      assert.throws(
        () => cifarSource(root, { seed: 1 }),
        naming(root, "found the Python version", "deno task data cifar-100"),
      );
    });
  }
});
