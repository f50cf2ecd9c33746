/**
 * Pictures of a training: while it runs, and of its log.
 * @module
 */
import { readPicture } from "../data/batches.ts";
import { type AttentionGrid, attentionGrid } from "../figures/attention_maps.ts";
import { type ModelLoss, type TrainingCurve, trainingCurve } from "../figures/training_curve.ts";
import { displayInNotebook, inNotebook } from "../progress.ts";
import type { Run, RunEpoch } from "../run/run.ts";
import type { Configuration } from "../run/schema.ts";
import { DISPLAY } from "../table.ts";
import { methodNamed } from "../training/method.ts";
import type { EpochLog } from "../training/train_step.ts";
import { methodTitle } from "./run_record.ts";

/** Most columns of maps. */
const COLUMNS = 8;

/** A run whose step is under way, or was the last one under way. */
interface Watched {
  run: Run;
  epoch: RunEpoch;
  /** By epoch, from 1. */
  maps: Map<number, RunEpoch["map"]>;
}

/**
 * Shows under a notebook's cell how a training goes: the terms of the loss, and where the network looks in an
 * image of the class that was learned first, after each epoch. Outside of a notebook it shows nothing.
 *
 * ```ts ignore
 * await trainRuns([configure({ method: "LwM" })], { through: 1, onEpoch: watchTraining() });
 * ```
 * @returns what {@linkcode trainRuns} is given as `onEpoch`
 */
export function watchTraining(): (run: Run, epoch: RunEpoch) => void {
  const watched = new Map<Run, Watched>();
  const id = crypto.randomUUID();
  let update = false;
  let drawing = false;
  /** The step that is to be drawn. */
  let next: number | undefined;
  const draw = async (step: number) => {
    const all = [...watched.values()].filter(({ epoch }) => epoch.step === step);
    const logs = all.map(({ run, epoch }) => ({ configuration: run.configuration, log: epoch.log }));
    const figures = {
      curves: trainingCurve(trainingCurveOfLogs(logs, step)),
      maps: attentionGrid(gridOf(all)),
    };
    for (const [name, figure] of Object.entries(figures)) {
      await displayInNotebook(figure[DISPLAY](), { display_id: `${id}-${name}`, update });
    }
    update = true;
  };
  return async (run, epoch) => {
    const before = watched.get(run);
    const maps = before?.epoch.step === epoch.step ? before.maps : new Map<number, RunEpoch["map"]>();
    watched.set(run, { run, epoch, maps: maps.set(epoch.log.length, epoch.map) });
    next = epoch.step;
    if (drawing || !inNotebook()) return;
    drawing = true;
    try {
      // Epochs that end meanwhile are drawn together.
      while (next !== undefined) {
        const step: number = next;
        next = undefined;
        await draw(step);
      }
    } finally {
      drawing = false;
    }
  };
}

/** A row each run, and a column each epoch of which all have a map, spread over the training. */
export function gridOf(all: readonly Watched[]): AttentionGrid {
  const [{ run }] = all;
  const common = [...all[0].maps.keys()].filter((epoch) => all.every(({ maps }) => maps.has(epoch)));
  const columns = Math.min(COLUMNS, common.length);
  const epochs = Array.from(
    { length: columns },
    (_, i) => common[columns === 1 ? 0 : Math.round(i * (common.length - 1) / (columns - 1))],
  );
  const image = readPicture(run.evaluationImages([run.classOrder[0]]), { image: 0, view: 0 });
  return {
    title: `Where the network looks for the ${run.classNames(0)[0]}`,
    images: epochs.map((epoch) => ({ image, label: `epoch ${epoch}` })),
    rows: all.map(({ run, epoch, maps }) => ({
      name: epoch.step === 0 ? "M_{0}" : methodTitle(run.configuration),
      maps: epochs.map((epoch) => ({ map: maps.get(epoch)!, caption: "" })),
    })),
  };
}

/** The losses of some runs' step t, as the figure of the training draws them. */
export async function trainingCurveNumbers(runs: readonly Run[], step: number): Promise<TrainingCurve> {
  const logs = runs.map(async (run) => ({ configuration: run.configuration, log: await run.log(step) }));
  return trainingCurveOfLogs(await Promise.all(logs), step);
}

/** The same of logs, which need not be of equal length. */
function trainingCurveOfLogs(
  logs: readonly { configuration: Configuration; log: readonly EpochLog[] }[],
  step: number,
): TrainingCurve {
  const models = logs.map(({ configuration, log }): ModelLoss => {
    const { method } = configuration;
    // M_0 has no teacher, and so no other term.
    const terms = Object.entries(methodNamed(method).terms).filter(([name]) => log[0][name] !== undefined);
    return {
      model: step === 0 ? "M_{0}" : `${methodTitle(configuration)}, M_{${step}}`,
      terms: Object.fromEntries(terms.map(([name, { weight }]) => {
        const subscripted = name.replace(/_(\w+)$/, "_{$1}");
        const label = weight === undefined ? subscripted : `${weight.symbol} · ${subscripted}`;
        return [label, log.map((epoch) => (weight?.value(configuration) ?? 1) * epoch[name])];
      })),
    };
  });
  const longest = logs.reduce((a, b) => a.log.length > b.log.length ? a : b).log;
  return { epochs: longest.map(({ epoch }) => epoch), models };
}
