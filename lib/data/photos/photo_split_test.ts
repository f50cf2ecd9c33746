import assert from "node:assert/strict";
import { UserError } from "../../user_error.ts";
import type { Photo } from "./photo_source.ts";
import { splitPhotos } from "./photo_split.ts";

type SplitPhoto = Pick<Photo, "classId" | "split">;

/** As many photos of each class as is said. */
function photos(counts: Record<string, number>, split?: "train" | "test"): SplitPhoto[] {
  return Object.values(counts).flatMap((count, classId) =>
    Array.from({ length: count }, (): SplitPhoto => ({ classId, split }))
  );
}

function share(splits: readonly string[], split: string): number {
  return splits.filter((s) => s === split).length;
}

Deno.test("splitPhotos() gives a fifth of every class to the test", () => {
  const all = photos({ ant: 40, bee: 10, cat: 31 });
  const splits = splitPhotos(all, ["ant", "bee", "cat"], { seed: 1, holdOut: false });
  assert.equal(share(splits.slice(0, 40), "test"), 8);
  assert.equal(share(splits.slice(40, 50), "test"), 2);
  assert.equal(share(splits.slice(50), "test"), 6);
  assert.equal(share(splits, "train") + share(splits, "test"), 81);
});

Deno.test("splitPhotos() holds out a fifth of the training images and leaves the test as it is", () => {
  const all = photos({ ant: 40, bee: 10 });
  const plain = splitPhotos(all, ["ant", "bee"], { seed: 1, holdOut: false });
  const held = splitPhotos(all, ["ant", "bee"], { seed: 1, holdOut: true });
  assert.deepEqual(held.map((s) => s === "test"), plain.map((s) => s === "test"));
  assert.equal(share(held.slice(0, 40), "validation"), 6);
  assert.equal(share(held.slice(40), "validation"), 2);
});

Deno.test("splitPhotos() depends on the seed and the class's name, not on the other classes", () => {
  const alone = splitPhotos(photos({ bee: 30 }), ["bee"], { seed: 1, holdOut: true });
  const second = splitPhotos(photos({ ant: 9, bee: 30 }), ["ant", "bee"], { seed: 1, holdOut: true });
  const other = splitPhotos(photos({ bee: 30 }), ["bee"], { seed: 2, holdOut: true });
  assert.deepEqual(second.slice(9), alone);
  assert.notDeepEqual(other, alone);
});

Deno.test("splitPhotos() throws on a class with too few photos and names it", () => {
  const split = (counts: Record<string, number>, holdOut: boolean) => () =>
    splitPhotos(photos(counts), ["ant", "bee"], { seed: 1, holdOut });
  split({ ant: 2, bee: 2 }, false)();
  split({ ant: 3, bee: 3 }, true)();
  for (
    const wrong of [
      split({ ant: 9, bee: 1 }, false),
      split({ ant: 9, bee: 2 }, true),
      split({ ant: 9, bee: 0 }, false),
    ]
  ) {
    assert.throws(wrong, (error) => error instanceof UserError && /"bee".*add images/.test(error.message));
  }
});
