/**
 * `deno task reproduce`: the whole paper. Data, the models of all notebooks, all notebooks, figures.
 * @module
 */
import { IEMOJI_CLASSES } from "../../lib/data/iemoji/classes.ts";
import { classSteps, configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { failuresOf, refuseFailed, runJobs, trainRuns } from "../../lib/run/train_runs.ts";
import { stoppable } from "../../lib/stop_signals.ts";
import { numberedNotebooks } from "../notebooks/notebook.ts";
import { askFor, copiesOf, notebookJob } from "../notebooks/run_notebooks.ts";
import { aboutOf, type Command, defineCommand, refusePositionals, runCommand } from "./command_line.ts";
import { drawImages } from "./data/data.ts";

const COMMAND: Command = {
  name: "reproduce",
  usage: "[--preset NAME] [--engine NAME]",
  about: aboutOf("reproduce"),
  options: {
    "preset NAME":
      "smoke, default, or paper [default]; the results of other presets than the default go into\n" +
      "data/notebooks/ and data/figures/, and nothing that is committed changes",
    "engine NAME": "auto, wasm, wasm-unfused, webgpu, or cpu [auto]",
  },
};

export const reproduce = defineCommand(COMMAND, async (line, say) => {
  refusePositionals(line, COMMAND);
  const { preset, engine } = askFor(line.own);
  await stoppable("What is trained is kept; the same command resumes there.", async (signal) => {
    await drawImages();
    await trainRuns(notebookConfigurations(), { signal });
    const outputFolder = copiesOf(preset);
    const paths = await numberedNotebooks("notebooks");
    const jobs = await Promise.all(paths.map((path) => notebookJob(path, { outputFolder })));
    const processes = engine === "webgpu" ? 1 : navigator.hardwareConcurrency;
    await runJobs(jobs, { processes, signal });
    refuseFailed(failuresOf(jobs));
    say("All done. Figures are in figures/, those of another preset or engine in data/figures/.");
  });
});

/** The runs of the notebooks; for one increment what lies between C and LwF-MC, and LwM with other γ. */
export function notebookConfigurations(): Configuration[] {
  const { learningRate } = configure({ method: "LwF-MC" });
  const finetuned = { method: "C", classification: "sigmoid-new", increments: 1 } as const;
  return [
    ...["LwM", "LwF-MC", "C"].map((method) => configure({ method })),
    ...[finetuned, { ...finetuned, learningRate }].map(configure),
    // As plastic as LwM: F≈ of the studies, in notebook 10.
    configure({ method: "LwF-MC", learningRate: 0.0154 }),
    // The same steps, but step 0 learns classes that no other run learns: a control of notebook 09.
    configure({ method: "C", classOrder: otherBaseClasses() }),
    ...[0.1, 1].map((gamma) => configure({ method: "LwM", gamma, increments: 1 })),
  ];
}

/** Ten classes that the notebooks' runs never learn in the place of the base classes, then the others. */
function otherBaseClasses(): string[] {
  const configuration = configure({ method: "C" });
  const { classOrder, steps } = classSteps(configuration, IEMOJI_CLASSES);
  const learned = steps.flat().length;
  const base = classOrder.slice(learned, learned + configuration.baseClasses);
  return [...base, ...classOrder.slice(configuration.baseClasses, learned)].map((id) => IEMOJI_CLASSES[id]);
}

if (import.meta.main) await runCommand(reproduce);
