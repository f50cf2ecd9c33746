/**
 * How long notebooks take, from the last time that they ran.
 * @module
 */
import { basename } from "node:path";
import { z } from "zod";
import { type PlannedNotebook, ScreenReport } from "../commands/run_report.ts";

/** Seconds that each notebook took, by its file name. */
export type Seconds = Readonly<Record<string, number>>;

/** The times of both kinds of runs: with the training, and with all of it done before. */
export interface NotebookTimes {
  /** Where something had to be trained. */
  readonly training: Seconds;
  /** Where everything was trained. */
  readonly trained: Seconds;
}

const seconds = z.record(z.string(), z.number());
/** For the file that keeps them. */
export const notebookTimesSchema: z.ZodType<NotebookTimes> = z.object({
  training: seconds,
  trained: seconds,
});

/** What a notebook takes that has nothing to train, until it is known better. */
const TRAINED_SECONDS = 6;

/**
 * How long a notebook will take.
 *
 * @param notebook with the time that it states, which is for a run that trains
 * @param kind whether something has to be trained
 * @returns seconds; nothing where a notebook has never run and does not state its time
 */
export function expectedSeconds(
  { path, statedSeconds }: PlannedNotebook,
  kind: keyof NotebookTimes,
  times: NotebookTimes,
): number | undefined {
  return times[kind][basename(path)] ?? (kind === "trained" ? TRAINED_SECONDS : statedSeconds);
}

/** A report whose time left is reckoned from what the notebooks took the last time, and that notes what they take now. */
export class TimedReport extends ScreenReport {
  /** Seconds that each notebook has taken, of those that have ended well. */
  readonly taken: Record<string, number> = {};
  readonly #kind: keyof NotebookTimes;
  readonly #times: NotebookTimes;
  #plan: PlannedNotebook[] = [];
  #notebook = -1;
  #startedAt = 0;

  /**
   * Writes nothing yet.
   *
   * @param kind whether something has to be trained
   * @param times of the last run
   */
  constructor(
    kind: keyof NotebookTimes,
    times: NotebookTimes,
    ...screen: ConstructorParameters<typeof ScreenReport>
  ) {
    super(...screen);
    this.#kind = kind;
    this.#times = times;
  }

  override begin(plan: PlannedNotebook[]): void {
    this.#plan = plan;
    super.begin(plan.map((notebook) => ({
      ...notebook,
      statedSeconds: expectedSeconds(notebook, this.#kind, this.#times),
    })));
  }

  override startNotebook(): void {
    this.#notebook++;
    this.#startedAt = performance.now();
    super.startNotebook();
  }

  override endNotebook(ok: boolean): void {
    const seconds = Math.round((performance.now() - this.#startedAt) / 100) / 10;
    if (ok) this.taken[basename(this.#plan[this.#notebook].path)] = seconds;
    super.endNotebook(ok);
  }
}
