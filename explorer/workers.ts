/**
 * The connection to a worker, and a training in three workers, one a method.
 * @module
 */
import { proxy, type Remote, wrap } from "comlink";
import { useEffect, useReducer, useRef } from "preact/hooks";
import {
  type Dot,
  type Lesson,
  METHOD_NAMES,
  type Report,
  studentSettings,
  type TeachSettings,
} from "./messages.ts";
import { hasReached, nextRate } from "./verdict.ts";
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
}

/** What a training is started with. */
export interface Given {
  readonly lesson: Lesson;
  /** Names of what is taught. */
  readonly names: readonly string[];
  readonly settings: TeachSettings;
}

/** What has come out of a training: the last reports of the three. */
export interface Try extends Given {
  readonly reports: readonly Report[];
  /** All trainings: the three, and those at slower rates. */
  readonly dots: readonly Dot[];
}

/** A training of three students. */
export interface Training extends Given {
  readonly students: readonly Student[];
  /** Tries before the first of this lesson with these settings. */
  readonly earlier: number;
  state: "running" | "paused" | "done" | "failed";
  /** Whether the three have ended, and slower ones run. */
  slower?: boolean;
  /** Those that have ended. */
  dots: Dot[];
  /** When the time that is left began to be measured, and the share that was done then. */
  pace?: { readonly at: number; readonly share: number };
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
  const tries = useRef<Try[]>([]);

  function end(): void {
    current.current?.students.forEach(({ connection }) => connection.close());
    gate.current = current.current = undefined;
    redraw();
  }

  /** Another training counts as another try of the one before. @returns whether it came to its end */
  async function start(given: Given): Promise<boolean> {
    const earlier = current.current?.earlier ?? tries.current.length;
    end();
    const students = METHOD_NAMES.map((): Student => ({
      connection: new Connection(),
      reports: [],
      share: 0,
    }));
    const training: Training = { ...given, students, earlier, state: "running", dots: [] };
    current.current = training;
    redraw();
    const runs = students.map((student, i) => {
      const tell = async (report: Report | null) => {
        if (report) student.reports.push(report);
        redraw();
        await gate.current?.promise;
      };
      const onProgress = (share: number) => {
        student.share = share;
        if (shareOf(training) > 0) training.pace ??= { at: performance.now(), share: shareOf(training) };
        if (performance.now() < drawn.current + REDRAW_MS) return;
        drawn.current = performance.now();
        redraw();
      };
      const settings = studentSettings(given.settings, METHOD_NAMES[i]);
      const run = student.connection.call((worker) =>
        worker.train(given.lesson, settings, proxy(tell), proxy(onProgress))
      );
      return run.then(() => {
        const { method, learningRate, seed } = settings;
        training.dots.push({ method, learningRate, seed, report: student.reports.at(-1)! });
        redraw();
      });
    });
    /** Trains C and LwF-MC at ever smaller rates, until they learn no more of the new than LwM. */
    const slower = async (place: number) => {
      const ofMethod = () => training.dots.filter(({ method }) => method === METHOD_NAMES[place]);
      const target = training.dots.find(({ method }) => method === "LwM")!;
      const before = tries.current.slice(earlier).at(-1)?.dots.filter(({ method }) =>
        method === METHOD_NAMES[place]
      );
      // Later tries are at the rates of the first, or their dots could not be joined.
      const rates = before?.slice(1).map(({ learningRate }) => learningRate);
      while (rates ? rates.length > 0 : !hasReached(ofMethod(), target)) {
        const settings = studentSettings(
          given.settings,
          METHOD_NAMES[place],
          rates?.shift() ?? nextRate(ofMethod()),
        );
        let report: Report | undefined;
        const tell = async (told: Report | null) => {
          report = told ?? report;
          await gate.current?.promise;
        };
        await students[place].connection.call((worker) =>
          worker.train(given.lesson, settings, proxy(tell), proxy(() => {}))
        );
        const { method, learningRate, seed } = settings;
        training.dots.push({ method, learningRate, seed, report: report! });
        redraw();
      }
    };
    let failed = (await Promise.allSettled(runs)).find((run) => run.status === "rejected");
    if (current.current !== training) return false;
    if (!failed) {
      training.slower = true;
      redraw();
      failed = (await Promise.allSettled([0, 1].map(slower))).find((run) => run.status === "rejected");
      if (current.current !== training) return false;
    }
    training.state = failed ? "failed" : "done";
    training.failure = failed?.reason.message;
    const reports = students.map(({ reports }) => reports.at(-1)!);
    if (!failed) tries.current.push({ ...given, reports, dots: training.dots });
    redraw();
    return !failed;
  }

  function pause(on: boolean): void {
    gate.current?.resolve();
    gate.current = on ? Promise.withResolvers() : undefined;
    Object.assign(current.current!, { state: on ? "paused" : "running", pace: undefined });
    redraw();
  }

  useEffect(() => end, []);
  return { training: current.current, tries: tries.current, start, pause, end };
}

/** Whether a training goes on, or will. */
export function isRunning(training: Training | undefined): boolean {
  return training?.state === "running" || training?.state === "paused";
}

/** The share of a training that the slowest student has done. */
export function shareOf({ students }: Training): number {
  return Math.min(...students.map(({ share }) => share));
}

/** About how many seconds are left, once that can be said. */
export function secondsLeft(training: Training): number {
  const share = shareOf(training);
  const { at, share: first } = training.pace ?? { at: 0, share };
  return (performance.now() - at) / 1000 * (1 - share) / (share - first);
}

/** How many reports all students have given. Only these are shown, so that no student seems to be ahead. */
export function reportsOfAll({ students }: Training): number {
  return Math.min(...students.map(({ reports }) => reports.length));
}
