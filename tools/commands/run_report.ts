/**
 * What a person sees while notebooks run.
 * @module
 */
import { basename } from "node:path";

/** A notebook that will run. */
export interface PlannedNotebook {
  /** Where it lies. */
  path: string;
  /** Code cells. */
  cells: number;
  /** The run time that its opening cell states, in seconds. */
  statedSeconds?: number;
}

/** Is told what happens, in this order. */
export interface RunReport {
  /** Once, before all. */
  begin(plan: PlannedNotebook[]): void;
  /** The next notebook of the plan starts. */
  startNotebook(): void;
  /** A cell starts: its number, counted from 1, and its code. */
  startCell(cell: number, source: string): void;
  /** The cell has written to the console. */
  text(text: string): void;
  /** The cell's progress display has a new state. */
  progress(state: string): void;
  /** The notebook has ended, well or not. */
  endNotebook(ok: boolean): void;
  /** Once, after all. */
  end(): void;
}

/** Where a report is written: a terminal, or a file. */
export interface Screen {
  /** Writes text as it is. */
  write(text: string): void;
  /** Whether a line can be written again. */
  isTerminal: boolean;
  /** Columns of the terminal. */
  columns(): number;
}

/**
 * The screen on standard error, so that standard output is free for results.
 * @returns a screen
 */
export function standardError(): Screen {
  const encoder = new TextEncoder();
  return {
    isTerminal: Deno.stderr.isTerminal(),
    columns: () => Deno.stderr.isTerminal() && Deno.consoleSize().columns || 80, // Some terminals say 0.
    write(text) {
      const bytes = encoder.encode(text);
      for (let sent = 0; sent < bytes.length;) sent += Deno.stderr.writeSync(bytes.subarray(sent));
    },
  };
}

const TERMINAL_MILLISECONDS = 250;
const FILE_MILLISECONDS = 10_000;

/**
 * Text of the cells line by line, and the state: on a terminal the last lines, always fresh; in a file once more
 * every ten seconds.
 */
export class ScreenReport implements RunReport {
  readonly #screen: Screen;
  readonly #now: () => number;
  #plan: PlannedNotebook[] = [];
  /** What each notebook that has ended took. */
  #seconds: number[] = [];
  #started = 0;
  #cell = 0;
  #progress: string[] = [];
  #unfinishedLine = "";
  /** Lines of state at the bottom of the terminal. */
  #stateLines = 0;
  #timer?: ReturnType<typeof setInterval>;

  /**
   * Writes nothing yet.
   * @param screen to write on
   * @param now the time in milliseconds
   */
  constructor(screen: Screen = standardError(), now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#now = now;
  }

  begin(plan: PlannedNotebook[]): void {
    this.#plan = plan;
    const milliseconds = this.#screen.isTerminal ? TERMINAL_MILLISECONDS : FILE_MILLISECONDS;
    this.#timer = setInterval(() => this.showState(), milliseconds);
  }

  startNotebook(): void {
    this.#started = this.#now();
    this.#cell = 0;
    this.#line(`${this.#title()}${this.#outlook()}`);
  }

  startCell(cell: number, source: string): void {
    this.#endCell();
    this.#cell = cell;
    if (this.#screen.isTerminal) this.showState();
    else this.#line(`  ${this.#cellTitle()}: ${source.trim().split("\n")[0]}`);
  }

  text(text: string): void {
    const lines = (this.#unfinishedLine + text).split("\n");
    this.#unfinishedLine = lines.pop()!;
    for (const line of lines) this.#line(indented(line));
  }

  progress(state: string): void {
    this.#progress = state.split("\n").filter((line) => line.trim() !== "");
    if (this.#screen.isTerminal) this.showState();
  }

  endNotebook(ok: boolean): void {
    this.#endCell();
    const seconds = (this.#now() - this.#started) / 1000;
    this.#line(`${this.#title()} ${ok ? "done" : "stopped"} after ${duration(seconds)}`);
    this.#seconds.push(seconds);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#screen.write(this.#eraseState());
  }

  /** Writes the state; called by a timer. */
  showState(): void {
    if (this.#seconds.length === this.#plan.length || this.#cell === 0) return;
    const elapsed = duration((this.#now() - this.#started) / 1000);
    const lines = [`  ${this.#cellTitle()} · ${elapsed}${this.#outlook()}`, ...this.#progress.map(indented)];
    if (this.#screen.isTerminal) {
      const fitting = lines.map((line) => [...line].slice(0, this.#screen.columns() - 1).join(""));
      this.#screen.write(this.#eraseState() + fitting.join("\n"));
      this.#stateLines = lines.length;
    } else lines.forEach((line) => this.#line(line));
  }

  #endCell(): void {
    if (this.#unfinishedLine !== "") this.text("\n");
    // Where lines cannot be written again, the last state of a progress display has not been seen yet.
    if (!this.#screen.isTerminal) this.#progress.forEach((line) => this.#line(indented(line)));
    this.#progress = [];
  }

  #title(): string {
    const index = this.#seconds.length;
    return `[${index + 1}/${this.#plan.length}] ${basename(this.#plan[index].path)}`;
  }

  #cellTitle(): string {
    return `code cell ${this.#cell} of ${this.#plan[this.#seconds.length].cells}`;
  }

  #outlook(): string {
    const more = this.#plan.length - this.#seconds.length - 1;
    const seconds = secondsLeft(this.#plan, this.#seconds, (this.#now() - this.#started) / 1000);
    const parts = [
      more > 0 ? `${more} more ${more === 1 ? "notebook" : "notebooks"} to run` : "",
      seconds === undefined ? "" : `about ${duration(seconds)} left`,
    ];
    return parts.filter((part) => part !== "").map((part) => ` · ${part}`).join("");
  }

  #line(text: string): void {
    this.#screen.write(`${this.#eraseState()}${text}\n`);
  }

  /** @returns what brings a terminal's cursor back to where the state begins, and clears the rest */
  #eraseState(): string {
    if (!this.#screen.isTerminal) return "";
    const up = this.#stateLines > 1 ? `\x1b[${this.#stateLines - 1}A` : "";
    this.#stateLines = 0;
    return `\r${up}\x1b[J`;
  }
}

function indented(line: string): string {
  return `    ${line}`;
}

/**
 * How long the rest will take: the stated times, scaled by how fast this machine has been so far.
 * @param plan all notebooks
 * @param seconds what those that are done have taken; the one that runs now is the next
 * @param elapsed seconds that the one that runs now has taken so far
 * @returns seconds, or nothing if a notebook does not state its time
 */
export function secondsLeft(plan: PlannedNotebook[], seconds: number[], elapsed: number): number | undefined {
  const stated = plan.map((notebook) => notebook.statedSeconds);
  if (!stated.every((time) => time !== undefined)) return undefined;
  const done = seconds.length;
  const pace = done === 0 ? 1 : sum(seconds) / sum(stated.slice(0, done));
  return Math.max(0, stated[done] * pace - elapsed) + sum(stated.slice(done + 1)) * pace;
}

/**
 * Seconds as people say them.
 * @param seconds at least 0
 * @returns such as "0.4 s", "42 s", "2 min 05 s"
 */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
