/**
 * Progress with the time that is left, in a notebook, on a terminal and in a log file.
 * @module
 */
import { writeAll } from "./files.ts";

/** One line of a display. */
export interface ProgressLine {
  /** What is being done. */
  label: string;
  /** How much is done. */
  done: number;
  /** Of how much. */
  total: number;
  /** Text behind the bar, such as the current loss. */
  note?: string;
  /** `performance.now()` when `doneBefore` was done; the time left is estimated from it. */
  startedAt?: number;
  /** `performance.now()` when it ended: from then on the line stays as it is. */
  finishedAt?: number;
  /** How much of `done` does not count for the estimate, such as epochs of an earlier run; default 0. */
  doneBefore?: number;
}

/** Shows lines of progress, each over its earlier state. */
export interface ProgressDisplay {
  /** Shows lines in place of the earlier ones, at most ten times a second: to be called again and again. */
  show(lines: readonly ProgressLine[]): void;
  /** Shows the last state for good. */
  finish(): Promise<void>;
}

/** Where lines are drawn outside of notebooks. */
export interface Screen {
  isTerminal: boolean;
  size(): { columns: number; rows: number };
  write(text: string): void;
}

const WIDTH = 24;
const MILLISECONDS_BETWEEN_UPDATES = 100;
/** Before that there is too little to estimate the time left from. */
const SECONDS_BEFORE_ESTIMATE = 5;

/** One line of progress, such as `LwM, step 2  ████████████░░░░░░░░░░░░  50 %  12 s left  loss 1.203`. */
export function formatProgress(line: ProgressLine, now: number): string {
  const fraction = shareOf(line);
  const filled = Math.round(fraction * WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
  const elapsed = line.startedAt === undefined ? 0 : ((line.finishedAt ?? now) - line.startedAt) / 1000;
  const gained = fraction - (line.doneBefore ?? 0) / line.total;
  const known = gained > 0 && fraction < 1 && elapsed >= SECONDS_BEFORE_ESTIMATE;
  const left = known ? `${duration(elapsed * (1 - fraction) / gained)} left` : "";
  const time = fraction === 1 && line.startedAt !== undefined ? duration(elapsed) : left;
  const percent = `${Math.floor(100 * fraction + 1e-9)} %`.padStart(5); // 100 · 0.29 is less than 29
  return `${line.label}  ${bar} ${percent}  ${time.padEnd(10)}  ${line.note ?? ""}`.trimEnd();
}

/** A duration in words, such as `40 s`, `23 min` or `2.5 h`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 90 * 60 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/**
 * A display for wherever the code runs: the output of a notebook's cell, a terminal, or a log file. `above`
 * lets other text be printed above its lines; it must not wait for anything.
 * @param now milliseconds
 */
export function progressDisplay(
  screen: Screen = standardError(),
  now: () => number = () => performance.now(),
): ProgressDisplay & { above(print: () => void): void } {
  const makePlace = inNotebook() ? notebookPlace : screen.isTerminal ? terminalPlace : logPlace;
  const place = makePlace(screen, now);
  let lines: readonly ProgressLine[] = [];
  let isDrawn = true;
  let drawnAt = -Infinity;
  let last: Promise<void> = Promise.resolve();
  const draw = () => {
    isDrawn = true;
    drawnAt = now();
    last = place.draw(lines, last);
  };
  return {
    show(next) {
      // Labels of equal length, so that the bars stand under each other.
      const longest = Math.max(...next.map(({ label }) => label.length));
      lines = next.map((line) => ({ ...line, label: line.label.padEnd(longest) }));
      isDrawn = false;
      if (now() - drawnAt >= MILLISECONDS_BETWEEN_UPDATES) draw();
    },
    above(print) {
      place.clear?.();
      print();
      if (lines.length > 0) draw();
    },
    async finish() {
      if (!isDrawn) draw();
      await last;
      place.end?.();
      lines = [];
    },
  };
}

/** Shows a bar for each activity of some work, which is given a function to report its progress with. */
export async function withProgress<T>(
  work: (show: (activity: string, done: number, total: number) => void) => Promise<T>,
  display: ProgressDisplay = progressDisplay(),
): Promise<T> {
  const lines = new Map<string, ProgressLine>();
  try {
    return await work((label, done, total) => {
      const now = performance.now();
      // It was done before.
      if (done >= total && !lines.has(label)) return;
      const { startedAt, doneBefore } = lines.get(label) ?? { startedAt: now, doneBefore: done };
      const finishedAt = done >= total ? now : undefined;
      lines.set(label, { label, done, total, startedAt, doneBefore, finishedAt });
      display.show([...lines.values()]);
    });
  } finally {
    await display.finish();
  }
}

/** Whether the code runs in a notebook's kernel; elsewhere `Deno.jupyter` throws. */
export function inNotebook(): boolean {
  try {
    return Deno.jupyter.display !== undefined;
  } catch {
    return false;
  }
}

/**
 * Shows something in a notebook, under the cell that runs.
 * @param data by media type
 * @param options the `display_id` of an output that is to be replaced
 */
export async function displayInNotebook(
  data: Readonly<Record<string, unknown>>,
  { display_id, update = false }: { display_id?: string; update?: boolean } = {},
): Promise<void> {
  const type = update ? "update_display_data" : "display_data";
  const transient = display_id === undefined ? {} : { display_id };
  await Deno.jupyter.broadcast(type, { data, metadata: {}, transient });
  await outputArrives();
}

/**
 * Writes to the console as `console.log` does, and waits until a notebook shows it under the right cell.
 * There it does not use the console, whose text goes through a queue of the kernel and may arrive after the
 * end of the cell.
 */
export async function print(...values: unknown[]): Promise<void> {
  if (!inNotebook()) return console.log(...values);
  const texts = values.map((value) => typeof value === "string" ? value : Deno.inspect(value));
  await Deno.jupyter.broadcast("stream", { name: "stdout", text: `${texts.join(" ")}\n` });
  await outputArrives();
}

/**
 * Without a pause the output may reach the front end after the cell has ended, and is shown under the next
 * one: on a busy machine 20 of 600 outputs, with this pause none of 2,400.
 */
function outputArrives(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

/** Standard error, so that standard output is free for results. */
function standardError(): Screen {
  return {
    isTerminal: Deno.stderr.isTerminal(),
    size: () => Deno.consoleSize(),
    write: (text) => writeAll(Deno.stderr, new TextEncoder().encode(text)),
  };
}

function shareOf({ done, total }: ProgressLine): number {
  return total > 0 ? Math.min(1, done / total) : 0;
}

/** One kind of place where lines are shown. */
interface Place {
  /**
   * @param before is settled when the earlier state is shown, so that an older state never overwrites a newer
   * one
   */
  draw(lines: readonly ProgressLine[], before: Promise<void>): Promise<void>;
  clear?(): void;
  end?(): void;
}

function notebookPlace(_: Screen, now: () => number): Place {
  const display_id = crypto.randomUUID();
  let update = false;
  return {
    async draw(lines, before) {
      await before;
      const text = lines.map((line) => formatProgress(line, now())).join("\n");
      await displayInNotebook({ "text/plain": text }, { display_id, update });
      update = true;
    },
  };
}

function terminalPlace(screen: Screen, now: () => number): Place {
  // Some terminals say 0.
  const size = () => ({ columns: screen.size().columns || 80, rows: screen.size().rows || 24 });
  /** Length of each line that is drawn. */
  let drawn: number[] = [];
  /** Brings the cursor back to where the lines begin, and clears the rest of the screen. */
  const erase = () => {
    const { columns } = size();
    // A terminal that has become narrower has wrapped them.
    const rows = drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    drawn = [];
    return rows > 0 ? `\r\x1b[${rows}A\x1b[J` : "";
  };
  return {
    draw(lines) {
      const { columns, rows } = size();
      // What does not fit could not be erased.
      const texts = lines.slice(-Math.max(1, rows - 1)).map((line) =>
        [...formatProgress(line, now())].slice(0, Math.max(1, columns - 1))
      );
      screen.write(erase() + texts.map((text) => `${text.join("")}\n`).join(""));
      drawn = texts.map(({ length }) => length);
      return Promise.resolve();
    },
    clear() {
      if (drawn.length > 0) screen.write(erase());
    },
    end() {
      drawn = [];
    },
  };
}

/** The longest time without a line in a log. */
const LOG_MILLISECONDS = 30_000;

/** A line every tenth of the way, and one for whatever is under way when there was none for long. */
function logPlace({ write: writeText }: Screen, now: () => number): Place {
  const tenths = new Map<string, number>();
  // Whole when it has ended: then its note is the last one.
  const tenthOf = (line: ProgressLine) =>
    Math.min(Math.floor(10 * shareOf(line)), line.finishedAt === undefined ? 9 : 10);
  // How far a label is padded depends on the others.
  const nameOf = ({ label }: ProgressLine) => label.trimEnd();
  let writtenAt = now();
  return {
    draw(lines) {
      const moved = lines.filter((line) => tenths.get(nameOf(line)) !== tenthOf(line));
      const underWay = lines.filter((line) => line.startedAt !== undefined && shareOf(line) < 1);
      const isLate = now() - writtenAt >= LOG_MILLISECONDS;
      const written = moved.length > 0 || !isLate ? moved : underWay.length > 0 ? underWay : lines.slice(-1);
      for (const line of written) {
        tenths.set(nameOf(line), tenthOf(line));
        writeText(`${formatProgress(line, now())}\n`);
        writtenAt = now();
      }
      return Promise.resolve();
    },
  };
}
