/**
 * The connection to a worker, and a training in three workers, one a method.
 * @module
 */
import { proxy, type Remote, wrap } from "comlink";
import { useEffect, useReducer, useRef } from "preact/hooks";
import { type Lesson, METHOD_NAMES, type Report, type TeachSettings } from "./messages.ts";
import type { Api } from "./worker.ts";

/** A worker whose functions can be called. */
export class Connection {
  readonly #worker = new Worker("worker.js", { type: "module" });
  readonly #api = wrap<Api>(this.#worker);
  readonly #failure = Promise.withResolvers<never>();

  constructor() {
    this.#failure.promise.catch(() => {}); // every call rejects, too
    this.#worker.onerror = ({ message = "none that can be loaded" }) =>
      this.#failure.reject(
        new Error(`Expected the worker to run but found: ${message}. Load the page again.`),
      );
  }

  /** Calls the worker. @throws {Error} with a sentence, where the call or the whole worker fails */
  call<Result>(ask: (api: Remote<Api>) => Promise<Result>): Promise<Result> {
    return Promise.race([ask(this.#api), this.#failure.promise]);
  }

  /** Ends the worker. */
  close(): void {
    this.#worker.terminate();
  }
}

/** One of the three students. It grows while it is trained. */
export interface Student {
  readonly connection: Connection;
  readonly reports: Report[];
  /** Of the training that is done. */
  share: number;
  /** Whether it has paused after a round, or is done. */
  rests: boolean;
}

/** A training of three students, and what it was started with. */
export interface Training {
  readonly lesson: Lesson;
  readonly settings: TeachSettings;
  readonly students: readonly Student[];
  /** The last reports of this lesson's tries, this one included once it is done. */
  readonly tries: (readonly Report[])[];
  state: "running" | "paused" | "done" | "failed";
  /** Why it has failed. */
  failure?: string;
}

/** Smallest time between two drawings: what draws is taken from the trainings. */
const REDRAW_MS = 500;

/** The training of the page: at most one at a time. */
export function useTraining() {
  const [, redraw] = useReducer((count: number, _: void) => count + 1, 0);
  const current = useRef<Training | undefined>(undefined);
  /** The students wait for it after each round. */
  const gate = useRef<PromiseWithResolvers<void> | undefined>(undefined);
  const drawn = useRef(0);

  function end(): void {
    current.current?.students.forEach(({ connection }) => connection.close());
    gate.current = current.current = undefined;
    redraw();
  }

  /** Another training counts as another try of the one before. */
  async function start(given: Pick<Training, "lesson" | "settings">): Promise<void> {
    const tries = current.current?.tries ?? [];
    end();
    const students = METHOD_NAMES.map((): Student => (
      { connection: new Connection(), reports: [], share: 0, rests: false }
    ));
    const training: Training = { ...given, students, tries, state: "running" };
    current.current = training;
    redraw();
    const runs = students.map((student, i) => {
      const tell = async (report: Report | null) => {
        if (report) student.reports.push(report);
        student.rests = gate.current !== undefined;
        redraw();
        await gate.current?.promise;
        student.rests = false;
      };
      const onProgress = (share: number) => {
        student.share = share;
        if (performance.now() < drawn.current + REDRAW_MS) return;
        drawn.current = performance.now();
        redraw();
      };
      const settings = { ...given.settings, method: METHOD_NAMES[i] };
      return student.connection.call((worker) =>
        worker.train(given.lesson, settings, proxy(tell), proxy(onProgress))
      ).then(() => student.rests = true);
    });
    const failed = (await Promise.allSettled(runs)).find((run) => run.status === "rejected");
    if (current.current !== training) return;
    training.state = failed ? "failed" : "done";
    training.failure = failed?.reason.message;
    if (!failed) tries.push(students.map(({ reports }) => reports.at(-1)!));
    redraw();
  }

  function pause(on: boolean): void {
    gate.current?.resolve();
    gate.current = on ? Promise.withResolvers() : undefined;
    current.current!.state = on ? "paused" : "running";
    redraw();
  }

  useEffect(() => end, []);
  return { training: current.current, start, pause, end };
}

/** Whether a training goes on, or will. */
export function isRunning(training: Training | undefined): boolean {
  return training?.state === "running" || training?.state === "paused";
}

/** The share of a training that the slowest student has done. */
export function shareOf({ students }: Training): number {
  return Math.min(...students.map(({ share }) => share));
}

/** How many reports all students have given. Only these are shown, so that no student seems to be ahead. */
export function reportsOfAll({ students }: Training): number {
  return Math.min(...students.map(({ reports }) => reports.length));
}
