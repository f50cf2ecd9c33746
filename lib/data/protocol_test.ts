import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import type { Dataset, ImageSet } from "./image_set.ts";
import {
  classIdsOf,
  classIncrementalSteps,
  ICARL_ORDER,
  IncrementalStream,
  rememberViews,
} from "./protocol.ts";

Deno.test("classIncrementalSteps() gives another order for another seed and the same for the same", () => {
  const order = (seed: number) =>
    classIncrementalSteps({ classCount: 100, baseClasses: 10, increment: 10, steps: 10, seed }).classOrder;
  assert.deepEqual(order(1), order(1));
  assert.notDeepEqual(order(1), order(2));
});

Deno.test("classIncrementalSteps() throws on impossible counts", () => {
  const good = { classCount: 100, baseClasses: 10, increment: 10, steps: 10, seed: 1 };
  const cases: [Partial<Parameters<typeof classIncrementalSteps>[0]>, RegExp][] = [
    [{ baseClasses: 0 }, /baseClasses to be an integer of at least 1 but found 0/],
    [{ increment: 2.5 }, /increment to be an integer of at least 1 but found 2.5/],
    [{ steps: NaN }, /steps to be an integer of at least 1 but found NaN/],
    [{ baseClasses: 101 }, /at most 100 classes.* but found 101 base classes/],
    [{ baseClasses: 150, increment: 60, steps: 1 }, /at most 100 classes.* but found 150 base classes/],
    [{ steps: 11 }, /at most 100 classes.* but found 110 in 11 steps/],
    [{ first: [1, 1] }, /different ids from 0 to 99 but found 1, 1/],
    [{ first: [100] }, /different ids from 0 to 99 but found 100/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => classIncrementalSteps({ ...good, ...change }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  }
});

const STEPS = [[4, 1], [0, 5], [3, 2]];

/**
 * Two images a class, all pixels of which are the class id. Any reach for a class that is forbidden throws.
 */
function guardedDataset() {
  const forbidden = new Set<number>();
  const opened: number[][] = [];
  const guard = (classId: number) => {
    if (forbidden.has(classId)) throw new Error(`class ${classId} was touched`);
    return classId;
  };
  const dataset: Dataset = {
    digest: "",
    name: "guarded",
    classNames: ["a", "b", "c", "d", "e", "f"],
    imageSize: 2,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    open(_split, classIds, { views }): ImageSet {
      opened.push([...classIds.map(guard)]);
      return {
        name: "guarded train",
        count: 2 * classIds.length,
        size: 2,
        views,
        get labels() {
          return Int32Array.from(classIds.flatMap((id) => [guard(id), guard(id)]));
        },
        read: (image, _view, target) => void target.fill(guard(classIds[image >> 1])),
        readMask: (image, _view, target) => void target.fill(100 + guard(classIds[image >> 1])),
      };
    },
  };
  return { dataset, forbid: (ids: number[]) => ids.forEach((id) => forbidden.add(id)), opened };
}

/** Reads all that there is to read. */
function readAll(set: ImageSet) {
  const images: number[] = [], masks: number[] = [];
  for (let i = 0; i < set.count; i++) {
    const image = new Uint8Array(12), mask = new Uint8Array(4);
    set.read(i, 0, image);
    set.readMask!(i, 0, mask);
    images.push(image[11]);
    masks.push(mask[3]);
  }
  return { labels: [...set.labels], images, masks };
}

Deno.test("IncrementalStream hands out each step's classes and touches no earlier one", () => {
  const { dataset, forbid } = guardedDataset();
  const stream = new IncrementalStream(dataset, STEPS, { seed: 1, views: 3 });
  for (const [t, classes] of STEPS.entries()) {
    const set = stream.open(t);
    const twice = classes.flatMap((id) => [id, id]);
    assert.deepEqual(readAll(set), { labels: twice, images: twice, masks: twice.map((id) => id + 100) });
    assert.deepEqual([set.count, set.size, set.views], [4, 2, 3]);
    assert.match(set.name, new RegExp(`step ${t}`));
    forbid(classes); // from here on any touch would throw
  }
});

Deno.test("IncrementalStream closes the sets of earlier steps", () => {
  const { dataset } = guardedDataset();
  const stream = new IncrementalStream(dataset, STEPS, { seed: 1, views: 1 });
  const past = [stream.open(0), stream.open(1)];
  const { read } = past[1]; // a method that someone has kept
  const current = stream.open(2);
  for (const set of past) {
    assert.throws(() => set.read(0, 0, new Uint8Array(12)), UserError);
    assert.throws(() => set.readMask!(0, 0, new Uint8Array(4)), UserError);
    assert.throws(() => set.labels, /a read of step \d after a later one had begun/);
  }
  assert.throws(() => read(0, 0, new Uint8Array(12)), UserError);
  assert.deepEqual(readAll(current).labels, [3, 3, 2, 2]);
});

Deno.test("IncrementalStream does not open an earlier step again", () => {
  const { dataset, opened } = guardedDataset();
  const stream = new IncrementalStream(dataset, STEPS, { seed: 1, views: 1 });
  const second = stream.open(1); // a run that is resumed begins anywhere
  assert.throws(() => stream.open(0), /step 0 after a later one had begun/);
  assert.equal(stream.open(1), second);
  assert.throws(() => stream.open(3), /Expected a step from 0 to 2 but found 3/);
  assert.deepEqual(opened, [[0, 5]]);
});

Deno.test("classIdsOf() reads names, numbers of the alphabetical list, and iCaRL's order", () => {
  const names = ["zebra", "ant", "10", "bee"];
  assert.deepEqual(classIdsOf(["bee", "zebra", "0", "1", "10"], names, "classOrder"), [3, 0, 2, 1, 2]);
  for (const unknown of ["4", "icarl", "cat", ""]) {
    assert.throws(
      () => classIdsOf([unknown], names, "classOrder"),
      /classOrder to name classes .* zebra, ant, 10, bee \(4\)/,
    );
  }
  const hundred = Array.from({ length: 100 }, (_, i) => `class ${String(99 - i).padStart(2, "0")}`);
  const order = classIdsOf(["icarl"], hundred, "classOrder").map((id) => hundred[id]);
  // https://github.com/srebuffi/iCaRL: the first and the last of the classes that seed 1993 gives.
  assert.deepEqual([order[0], order[1], order[99]], ["class 68", "class 56", "class 33"]);
  assert.equal(new Set(order).size, 100);
  const steps = { classCount: 100, baseClasses: 50, increment: 10, seed: 1 };
  assert.deepEqual(
    classIncrementalSteps({ ...steps, steps: 6, first: ICARL_ORDER }).classOrder,
    ICARL_ORDER,
  );
});

function countingSet(): { set: ImageSet; reads: () => number } {
  let reads = 0;
  const set: ImageSet = {
    name: "counted",
    count: 3,
    size: 2,
    views: 2,
    labels: Int32Array.from([0, 1, 2]),
    read: (image, view, target) => void (reads++, target.fill(10 * image + view)),
  };
  return { set, reads: () => reads };
}

Deno.test("rememberViews() makes each view once and reads the same bytes", () => {
  const { set, reads } = countingSet();
  const remembered = rememberViews(set);
  const rgb = new Uint8Array(12);
  for (let round = 0; round < 3; round++) {
    for (let image = 0; image < 3; image++) {
      for (let view = 0; view < 2; view++) {
        remembered.read(image, view, rgb);
        assert.deepEqual(rgb, new Uint8Array(12).fill(10 * image + view));
        rgb.fill(255); // what the caller does with its bytes changes nothing
      }
    }
  }
  assert.equal(reads(), 6);
});

Deno.test("rememberViews() keeps nothing of a set that is too large", () => {
  const { set } = countingSet();
  assert.equal(rememberViews(set, 71), set);
  assert.notEqual(rememberViews(set, 72), set);
});
