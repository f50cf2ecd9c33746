/**
 * "Train": two students side by side, each in a worker of its own.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { proxy } from "comlink";
import { useRef, useState } from "preact/hooks";
import { inPercent, inPoints } from "../lib/numbers.ts";
import { Connection } from "./connection.ts";
import type { LossValues } from "../lib/training/iteration.ts";
import type { EpochReport, Manifest, TrainReport, TrainSettings } from "./messages.ts";
import { Chart, Choice, PictureCanvas, Slider, useAnswer, useFields } from "./parts.tsx";
import { digits } from "./scores.tsx";

/** One of the two students. It grows while it is trained. */
interface Student {
  readonly name: string;
  readonly color: string;
  readonly settings: TrainSettings;
  readonly connection: Connection;
  /** Time in milliseconds. */
  readonly started: number;
  readonly losses: LossValues[];
  readonly epochs: EpochReport[];
  /** Number of iterations. */
  total: number;
}

/** Smallest time between two drawings: what draws is taken from the trainings. */
const REDRAW_MS = 1000;
/** Most points of a curve. */
const MOST_POINTS = 100;

const SLIDERS = [
  { field: "beta", label: "β", min: 0, max: 1, step: 0.05 },
  { field: "gamma", label: "γ of the second", min: 0.05, max: 1, step: 0.05 },
  { field: "learningRate", label: "learning rate", min: 0.01, max: 0.3, step: 0.01 },
  { field: "epochs", label: "epochs", min: 1, max: 30, step: 1 },
] as const;
const CLASSIFICATIONS = ["sigmoid-new", "sigmoid-all", "softmax-new", "softmax-all"];
const FORMS = [
  { field: "classification", label: "L_C", options: CLASSIFICATIONS },
  { field: "distillation", label: "L_D", options: ["sigmoid", "softmax"] },
  { field: "norm", label: "norm of L_AD", options: ["L1", "L2"] },
] as const;

/** The second part of the page. */
export function Train({ connection, manifest }: { connection: Connection; manifest: Manifest }) {
  const initial: TrainSettings = manifest.configuration;
  const [settings, change] = useFields(initial);
  // The test picture whose map is followed; where the worker fails, the first section says so.
  const telephoneName = manifest.classNames[0];
  const telephone = useAnswer(() => connection.call((worker) => worker.pictures(0)), [], () => {})?.[0];
  const [students, setStudents] = useState<readonly Student[]>([]);
  const [state, setState] = useState<"idle" | "running" | "paused">("idle");
  const [finding, say] = useState("");
  const [now, redraw] = useState(0);
  /** The trainings wait for it after each epoch. */
  const gate = useRef<PromiseWithResolvers<void> | undefined>(undefined);

  async function start(): Promise<void> {
    end();
    const students = [0, settings.gamma].map((gamma, i): Student => ({
      name: `γ = ${gamma}`,
      color: ["var(--LwF-MC)", "var(--LwM)"][i],
      settings: { ...settings, gamma },
      connection: new Connection(),
      started: performance.now(),
      losses: [],
      epochs: [],
      total: Infinity,
    }));
    setStudents(students);
    setState("running");
    const trainings = students.map((student) => {
      const listen = async ({ loss, total, epoch }: TrainReport) => {
        if (loss) student.losses.push(loss);
        if (epoch) student.epochs.push(epoch);
        student.total = total ?? student.total;
        redraw((before) => !epoch && performance.now() < before + REDRAW_MS ? before : performance.now());
        if (epoch) await gate.current?.promise;
      };
      return student.connection.call((worker) => worker.train(student.settings, proxy(listen)));
    });
    const failed = (await Promise.allSettled(trainings)).find((training) => training.status === "rejected");
    const seconds = Math.round((performance.now() - students[0].started) / 1000);
    for (const { connection } of students) connection.close();
    setState("idle");
    say(failed ? `The training has ended: ${failed.reason.message}` : `Trained in ${seconds} s.`);
  }

  function pause(on: boolean): void {
    gate.current?.resolve();
    gate.current = on ? Promise.withResolvers() : undefined;
    setState(on ? "paused" : "running");
  }

  function end(): void {
    for (const { connection } of students) connection.close();
    pause(false);
    setStudents([]);
    setState("idle");
    say("");
  }

  function reset(): void {
    end();
    change(initial);
  }

  const bound = <Field extends keyof TrainSettings>(field: Field) => ({
    value: settings[field],
    onValue: (value: string | number) => change({ [field]: value }),
  });
  const share = students.reduce((sum, { losses, total }) => sum + losses.length / total / students.length, 0);
  const left = Math.ceil((now - students[0]?.started) * (1 - share) / share / 1000);
  const progress = share > 0.03 ? `About ${left} s left.` : "The teacher answers first …";
  const message = { idle: finding, running: progress, paused: "Paused after this epoch." }[state];
  return (
    <>
      <div class="controls">
        {SLIDERS.map(({ field, ...range }) => <Slider key={field} {...range} {...bound(field)} />)}
        {FORMS.map(({ field, ...form }) => <Choice key={field} {...form} {...bound(field)} />)}
      </div>
      <div class="controls">
        <button type="button" class="primary" disabled={state !== "idle"} onClick={start}>Go</button>
        <button type="button" disabled={state === "idle"} onClick={() => pause(state === "running")}>
          {state === "paused" ? "Go on" : "Pause"}
        </button>
        <button type="button" onClick={reset}>Reset</button>
        <progress value={share} aria-label="Progress of both trainings" />
      </div>
      <p id="train-message" class="message" role="status">{message}</p>
      {students.length > 0 && (
        <>
          <Verdict students={students} />
          <div class="curves">
            <Curves
              label="The terms of the loss, weighted"
              x="iteration"
              students={students}
              rowsOf={({ losses, settings: { beta, gamma } }) =>
                losses.map(({ L_C, L_D, L_AD = 0 }) => ({
                  L_C,
                  "β·L_D": beta * L_D,
                  "γ·L_AD": gamma * L_AD,
                }))}
            />
            <Curves
              label="On test images, after each epoch"
              x="epoch"
              students={students}
              rowsOf={({ epochs }) => epochs.map(({ rates }) => rates)}
            />
          </div>
          {telephone && students.map(({ name, epochs }) => (
            <figure key={name}>
              <div class="strip">
                {epochs.map(({ map, log }) => (
                  <PictureCanvas
                    key={log.epoch}
                    role="img"
                    aria-label={`${name}, ${telephoneName} after epoch ${log.epoch}`}
                    picture={telephone}
                    map={map}
                    max={Math.max(...epochs.flatMap(({ map }) => Array.from(map.values)))}
                  />
                ))}
              </div>
              <figcaption>{name}: where it looks for the {telephoneName}, epoch by epoch</figcaption>
            </figure>
          ))}
        </>
      )}
    </>
  );
}

/** Curves of both students, a panel for each quantity. */
function Curves({ label, x, students, rowsOf }: {
  label: string;
  x: string;
  students: readonly Student[];
  rowsOf: (student: Student) => Record<string, number>[];
}) {
  const points = students.flatMap((student) => {
    const rows = rowsOf(student).map((row, i) => ({ row, x: i + 1 }));
    const every = Math.ceil(rows.length / MOST_POINTS);
    return rows.filter((_, i) => i % every === 0).flatMap(({ row, x }) =>
      Object.entries(row).map(([what, value]) => ({ ...student, what, x, value }))
    );
  });
  return (
    <figure>
      <Chart
        label={label}
        height={330}
        marginLeft={45}
        marginRight={95}
        color={{ type: "identity" }}
        x={{ label: x, tickFormat: (x) => Number.isInteger(x) ? x : "" }}
        y={{ label: null, grid: true }}
        fy={{ label: null }}
        marks={[
          Plot.lineY(points, { x: "x", y: "value", fy: "what", z: "name", stroke: "color", strokeWidth: 2 }),
          Plot.ruleY([0]),
        ]}
      />
      <figcaption>
        {label}. {students.map(({ name, color }) => <b key={name} style={{ color }}>&ensp;■ {name}</b>)}
      </figcaption>
    </figure>
  );
}

/** The finding so far, in a sentence; its numbers are kept beside it. */
function Verdict({ students }: { students: readonly Student[] }) {
  const epoch = Math.min(...students.map(({ epochs }) => epochs.length));
  if (epoch === 0) return null;
  const [a, b] = students.map(({ epochs }) => epochs[epoch - 1].rates);
  const [old, added] = (["old classes", "new classes"] as const).map((name) => b[name] - a[name]);
  return (
    <p
      id="verdict"
      class="finding"
      aria-live="polite"
      data-epochs={JSON.stringify(students.map(({ epochs }) => epochs))}
    >
      After epoch {epoch}, {students[1].name} keeps {digits(b["attention kept"])} of the attention where{" "}
      {students[0].name} keeps {digits(a["attention kept"])}; its accuracy is {inPercent(b["old classes"])}
      {" "}
      on old classes ({inPoints(old)}) and {inPercent(b["new classes"])}{" "}
      on new ones ({inPoints(added)}). One seed is an example, not a proof.
    </p>
  );
}
