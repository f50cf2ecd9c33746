/**
 * "Train": two students side by side, each in a worker of its own.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { byId, choice, Connection, h, say } from "./dom.ts";
import { drawMap } from "./maps.ts";
import { chart, digits } from "./scores.ts";
import type { EpochReport, Manifest, Picture, Reply, TrainSettings } from "./messages.ts";

/** One of the two students. */
interface Student {
  readonly name: string;
  readonly settings: TrainSettings;
  readonly connection: Connection;
  readonly iterations: { iteration: number; L_C: number; L_D: number; L_AD: number }[];
  readonly epochs: EpochReport[];
}

/** Smallest time between two drawings of the curves. */
const REDRAW_MS = 400;

/** Starts the section. `telephone` is the test picture whose map is followed. */
export function startTrain(manifest: Manifest, telephone: Picture): void {
  const { beta, gamma, learningRate, epochs, classification, distillation, norm, attentionClass } =
    manifest.configurations.LwM;
  const settings = { beta, gamma, learningRate, epochs, classification, distillation, norm, attentionClass };
  const initial = { ...settings };
  let students: Student[] = [];
  let paused = false;
  let drawn = 0;

  const fields = h("div", { class: "controls" });
  byId("settings").append(fields);
  showSettings();
  const go = h("button", { type: "button", class: "primary", onclick: () => void start() }, "Go");
  const pause = h("button", { type: "button", disabled: true, onclick: togglePause }, "Pause");
  const reset = h("button", { type: "button", onclick: () => end(true) }, "Reset");
  const progress = h("progress", { max: 1, value: 0, "aria-label": "Progress of both trainings" });
  byId("run").append(go, pause, reset, progress);

  function showSettings(): void {
    const pick = <K extends keyof TrainSettings>(label: string, key: K, values: TrainSettings[K][]) =>
      choice(label, values.map((value) => [String(value), String(value)]), String(settings[key]), (value) => {
        settings[key] = value as TrainSettings[K];
      }).label;
    fields.replaceChildren(
      slider("β", settings.beta, { min: 0, max: 1, step: 0.05 }, (value) => settings.beta = value),
      slider(
        "γ of the second",
        settings.gamma,
        { min: 0, max: 1, step: 0.05 },
        (value) => settings.gamma = value,
      ),
      slider(
        "learning rate",
        settings.learningRate,
        { min: 0.01, max: 0.3, step: 0.01 },
        (value) => settings.learningRate = value,
      ),
      slider("epochs", settings.epochs, { min: 1, max: 30, step: 1 }, (value) => settings.epochs = value),
      pick("L_C", "classification", ["sigmoid-new", "sigmoid-all", "softmax-new", "softmax-all"]),
      pick("L_D", "distillation", ["sigmoid", "softmax"]),
      pick("norm of L_AD", "norm", ["L1", "L2"]),
    );
  }

  async function start(): Promise<void> {
    end(false);
    students = [0, settings.gamma].map((gamma) => ({
      name: `γ = ${gamma}`,
      settings: { ...settings, gamma },
      connection: new Connection(),
      iterations: [],
      epochs: [],
    }));
    go.disabled = true;
    pause.disabled = false;
    say("train-message", "The teacher answers first …");
    const running = students;
    const started = performance.now();
    const results = await Promise.allSettled(
      running.map((student) =>
        student.connection.ask(
          { type: "train", settings: student.settings },
          (reply) => listen(student, reply, started),
        )
      ),
    );
    if (running !== students) return;
    const failed = results.find((result) => result.status === "rejected");
    say(
      "train-message",
      failed
        ? `The training has ended: ${(failed.reason as Error).message}`
        : `Trained in ${Math.round((performance.now() - started) / 1000)} s.`,
    );
    go.disabled = false;
    pause.disabled = true;
    for (const { connection } of students) connection.close();
    draw();
  }

  function listen(student: Student, reply: Reply, started: number): void {
    if (reply.type === "iteration") {
      if (reply.loss === null) return;
      const { L_C, L_D = 0, L_AD = 0 } = reply.loss;
      const { beta, gamma } = student.settings;
      student.iterations.push({ iteration: reply.done, L_C, L_D: beta * L_D, L_AD: gamma * L_AD });
      const share = students.reduce((sum, { iterations }) => sum + iterations.length, 0) /
        (students.length * reply.total);
      progress.value = share;
      if (!paused && share > 0.03) {
        const left = (performance.now() - started) * (1 - share) / share / 1000;
        say("train-message", `About ${Math.ceil(left)} s left.`);
      }
    } else if (reply.type === "epoch") student.epochs.push(reply.report);
    if (reply.type === "epoch" || performance.now() - drawn > REDRAW_MS) draw();
  }

  function togglePause(): void {
    paused = !paused;
    for (const { connection } of students) connection.send({ type: paused ? "pause" : "go on" });
    pause.textContent = paused ? "Go on" : "Pause";
    say("train-message", paused ? "Paused after this epoch." : "");
  }

  function end(forget: boolean): void {
    for (const { connection } of students) connection.close();
    [students, paused] = [[], false];
    go.disabled = false;
    pause.disabled = true;
    pause.textContent = "Pause";
    progress.value = 0;
    for (const id of ["train-message", "verdict"]) say(id, "");
    for (const id of ["curves", "telephone"]) byId(id).replaceChildren();
    if (!forget) return;
    Object.assign(settings, initial);
    showSettings();
  }

  function draw(): void {
    drawn = performance.now();
    const terms = students.flatMap(({ name, iterations }) =>
      iterations.flatMap((point, i) =>
        // Every fourth iteration is enough for a curve.
        i % 4 ? [] : (["L_C", "L_D", "L_AD"] as const).map((term) => ({
          name,
          term: { L_C: "L_C", L_D: "β·L_D", L_AD: "γ·L_AD" }[term],
          iteration: point.iteration,
          value: point[term],
        }))
      )
    );
    const rates = students.flatMap(({ name, epochs }) =>
      epochs.flatMap(({ log, oldAccuracy, newAccuracy, cosine }) =>
        [["old classes", oldAccuracy], ["new classes", newAccuracy], ["attention kept", cosine]].map((
          [what, value],
        ) => ({ name, what, epoch: log.epoch, value }))
      )
    );
    const color = {
      domain: students.map(({ name }) => name),
      range: ["var(--LwF-MC)", "var(--LwM)"],
      legend: false,
    };
    const lines = (data: object[], x: string, facet: string, label: string) =>
      chart({
        height: 330,
        marginLeft: 45,
        marginRight: 95,
        color,
        x: { label: x },
        y: { label: null, grid: true },
        fy: { label: null },
        marks: [
          Plot.lineY(data, { x, y: "value", fy: facet, z: "name", stroke: "name", strokeWidth: 2 }),
          Plot.ruleY([0]),
        ],
      }, label);
    const legend = students.map(({ name }, i) => h("b", { class: i ? "LwM" : "LwF-MC" }, `■ ${name} `));
    byId("curves").replaceChildren(
      h(
        "figure",
        {},
        lines(terms, "iteration", "term", "The loss terms in training"),
        h("figcaption", {}, "The terms of the loss, as they are weighed. ", ...legend),
      ),
      h(
        "figure",
        {},
        lines(rates, "epoch", "what", "Accuracy and attention after each epoch"),
        h(
          "figcaption",
          {},
          "On test images, after each epoch: accuracy among all twenty classes, and cosine to M_0’s maps.",
        ),
      ),
    );
    byId("telephone").replaceChildren(...students.map(strip));
    tell();
  }

  /** The telephone's map after each epoch. */
  function strip({ name, epochs }: Student): HTMLElement {
    const max = Math.max(...epochs.map(({ map }) => Math.max(...map)), 0);
    const canvases = epochs.map(({ map, log }) => {
      const canvas = h("canvas", {
        role: "img",
        "aria-label": `${name}, ${manifest.classNames[0]} after epoch ${log.epoch}`,
      });
      drawMap(canvas, telephone, map, max);
      return canvas;
    });
    return h(
      "figure",
      {},
      h("div", { class: "strip" }, ...canvases),
      h("figcaption", {}, `${name}: where it looks for the ${manifest.classNames[0]}, epoch by epoch`),
    );
  }

  /** The finding so far, in a sentence; its numbers are kept beside it. */
  function tell(): void {
    const [without, with_] = students.map(({ epochs }) => epochs[epochs.length - 1]);
    if (without === undefined || with_ === undefined) return;
    const epoch = Math.min(without.log.epoch, with_.log.epoch);
    const [a, b] = students.map(({ epochs }) => epochs[epoch - 1]);
    const points = 100 * ((b.oldAccuracy + b.newAccuracy) - (a.oldAccuracy + a.newAccuracy)) / 2;
    const finding = byId("verdict");
    finding.textContent =
      `After epoch ${epoch}: attention kept ${digits(a.cosine)} with ${students[0].name}, ${
        digits(b.cosine)
      } with ${students[1].name}; ` +
      `accuracy ${percent(a)} and ${percent(b)}, a difference of ${points >= 0 ? "+" : "−"}${
        Math.abs(points).toFixed(1)
      } points. One seed is an example, not a proof.`;
    finding.dataset.epochs = JSON.stringify(
      students.map(({ epochs }) =>
        epochs.map(({ log, oldAccuracy, newAccuracy, cosine }) => ({ log, oldAccuracy, newAccuracy, cosine }))
      ),
    );
  }
}

function percent({ oldAccuracy, newAccuracy }: EpochReport): string {
  return `${(100 * oldAccuracy).toFixed(1)} % on old and ${(100 * newAccuracy).toFixed(1)} % on new classes`;
}

function slider(
  label: string,
  value: number,
  { min, max, step }: { min: number; max: number; step: number },
  onvalue: (value: number) => void,
): HTMLLabelElement {
  const shown = h("b", {}, String(value));
  const input = h("input", {
    type: "range",
    "aria-label": label,
    min,
    max,
    step,
    value,
    oninput: () => {
      shown.textContent = input.value;
      onvalue(Number(input.value));
    },
  });
  return h("label", {}, h("span", {}, `${label} `, shown), input);
}
