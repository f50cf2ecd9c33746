/**
 * The connection to a worker, and a training in three workers, one a method.
 * @module
 */
import { proxy, type Remote, wrap } from "comlink";
import { useEffect, useReducer, useRef } from "preact/hooks";
import type { LossValues } from "../lib/training/iteration.ts";
import { type Lesson, type Method, METHOD_NAMES, type Report, type TeachSettings } from "./messages.ts";
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
  readonly method: Method;
  readonly connection: Connection;
  readonly reports: Report[];
  readonly losses: LossValues[];
  /** Number of iterations. */
  total: number;
}

/** A training of three students, and what it was started with. */
export interface Training {
  readonly lesson: Lesson;
  /** Names of the new classes. */
  readonly names: readonly string[];
  readonly settings: TeachSettings;
  readonly students: readonly Student[];
  /** Time in milliseconds. */
  readonly started: number;
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

  async function start(given: Pick<Training, "lesson" | "names" | "settings">): Promise<void> {
    end();
    const students = METHOD_NAMES.map((method): Student => (
      { method, connection: new Connection(), reports: [], losses: [], total: Infinity }
    ));
    const training: Training = { ...given, students, started: performance.now(), state: "running" };
    current.current = training;
    redraw();
    const runs = students.map((student) => {
      const tell = async (report: Report | null) => {
        if (report) student.reports.push(report);
        redraw();
        await gate.current?.promise;
      };
      const onProgress = ({ total, loss }: { total: number; loss?: LossValues }) => {
        if (loss) student.losses.push(loss);
        student.total = total;
        if (performance.now() < drawn.current + REDRAW_MS) return;
        drawn.current = performance.now();
        redraw();
      };
      const settings = { ...given.settings, method: student.method };
      return student.connection.call((worker) =>
        worker.train(given.lesson, settings, proxy(tell), proxy(onProgress))
      );
    });
    const failed = (await Promise.allSettled(runs)).find((run) => run.status === "rejected");
    if (current.current !== training) return;
    training.state = failed ? "failed" : "done";
    training.failure = failed?.reason.message;
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

/** The share of a training that is done, and about how many seconds are left. */
export function progressOf({ students, started }: Training): { share: number; left: number } {
  const shares = students.map(({ losses, total }) => losses.length / total);
  const share = shares.reduce((sum, one) => sum + one, 0) / students.length;
  return { share, left: Math.ceil((performance.now() - started) * (1 - share) / share / 1000) };
}
