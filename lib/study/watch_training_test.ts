import assert from "node:assert/strict";
import { trainRuns } from "../run/train_runs.ts";
import type { RunEpoch } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/run_fixture.ts";
import { attentionGrid } from "../figures/mod.ts";
import { gridOf, watchTraining } from "./watch_training.ts";

Deno.test("trainRuns() tells the losses and the first class's map after each epoch of each run", () =>
  withDataDirectory(async (directory) => {
    const epochs: RunEpoch[] = [];
    const [run] = await trainRuns([tinyConfiguration({ increments: 1 })], {
      directory,
      onEpoch: (_, epoch) => epochs.push(epoch),
    });
    assert.deepEqual(epochs.map(({ step, log }) => [step, log.length]), [[0, 1], [0, 2], [1, 1], [1, 2]]);
    assert.deepEqual(epochs[3].log, await run.log(1));
    const { maps, mapSize: [size] } = await run.predictions(1, [run.classOrder[0]]);
    const { map } = epochs[3];
    assert.deepEqual([map.size, map.values], [size, Array.from(maps.subarray(0, size * size))]);

    const grid = gridOf([{ run, epoch: epochs[3], maps: new Map([[1, epochs[2].map], [2, map]]) }]);
    assert.deepEqual(grid.images.map(({ label }) => label), ["epoch 1", "epoch 2"]);
    assert.match(attentionGrid(grid).svg, /Where the network looks for the telephone/);
    // Outside of a notebook.
    watchTraining()(run, epochs[0]);
  }));
