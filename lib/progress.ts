/**
 * Progress bars with the time that is left, in a notebook and in a terminal.
 * @module
 */

/** One line of a display. */
export interface ProgressLine {
  /** What is being done. */
  label: string;
  /** How much is done. */
  done: number;
  /** Of how much. */
  total: number;
  /** Said behind the bar, such as the current loss. */
  note?: string;
  /** `performance.now()` when the work began; the time left is reckoned from it. */
  startedAt?: number;
  /** `performance.now()` when it ended: from then on the line stays as it is. */
  finishedAt?: number;
  /** How much of `done` had been done before, such as by a run that is resumed; default 0. */
  doneBefore?: number;
}

/** Shows lines of progress, each over its earlier state. */
export interface ProgressDisplay {
  /** At most ten times a second; later states replace earlier ones. */
  show(lines: readonly ProgressLine[]): void;
  /** Shows the last state for good; nothing where nothing was shown. */
  finish(): Promise<void>;
}

const WIDTH = 24;
const MILLISECONDS_BETWEEN_UPDATES = 100;

/**
 * One line of progress.
 *
 * @param line what to say
 * @param now `performance.now()`
 * @returns for example `LwM, step 2  ████████████░░░░░░░░░░░░  50 %  0:12 left  loss 1.203`
 */
export function formatProgress(line: ProgressLine, now: number): string {
  const fraction = line.total > 0 ? Math.min(1, line.done / line.total) : 0;
  const filled = Math.round(fraction * WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
  const elapsed = line.startedAt === undefined ? 0 : ((line.finishedAt ?? now) - line.startedAt) / 1000;
  const gained = fraction - (line.doneBefore ?? 0) / line.total;
  const left = gained > 0 && fraction < 1 ? `${clock(elapsed * (1 - fraction) / gained)} left` : "";
  const time = fraction === 1 && line.startedAt !== undefined ? clock(elapsed) : left;
  const percent = `${Math.floor(100 * fraction)} %`.padStart(5);
  return `${line.label}  ${bar} ${percent}  ${time.padEnd(10)}  ${line.note ?? ""}`.trimEnd();
}

/** A duration as on a clock. @returns minutes and seconds, such as `1:05`, or hours, minutes and seconds */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * A display for wherever the code runs: a notebook cell's output, a terminal, or a log file (a line every tenth of the way).
 */
export function progressDisplay(): ProgressDisplay {
  const write = notebookWriter() ?? (Deno.stderr.isTerminal() ? terminalWriter() : logWriter());
  let lines: readonly ProgressLine[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: Promise<void> = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    // One after the other, so that an older state never overwrites a newer one.
    if (lines.length > 0) last = last.then(() => write(lines));
    return last;
  };
  let lastFlush = -Infinity;
  return {
    show(next) {
      lines = align(next);
      const now = performance.now();
      if (now - lastFlush >= MILLISECONDS_BETWEEN_UPDATES) {
        lastFlush = now;
        void flush();
      } else timer ??= setTimeout(flush, MILLISECONDS_BETWEEN_UPDATES);
    },
    finish: flush,
  };
}

/** Labels of equal length, so that the bars stand under each other. */
function align(lines: readonly ProgressLine[]): ProgressLine[] {
  const longest = Math.max(...lines.map(({ label }) => label.length));
  return lines.map((line) => ({ ...line, label: line.label.padEnd(longest) }));
}

type Write = (lines: readonly ProgressLine[]) => Promise<void> | void;

/** null outside a Jupyter kernel, where `Deno.jupyter` throws. */
function notebookWriter(): Write | null {
  try {
    void Deno.jupyter.display;
  } catch {
    return null;
  }
  const display_id = crypto.randomUUID();
  let update = false;
  return async (lines) => {
    const text = lines.map((line) => formatProgress(line, performance.now())).join("\n");
    await Deno.jupyter.display({ "text/plain": text }, { raw: true, display_id, update });
    update = true;
  };
}

function terminalWriter(): Write {
  let height = 0;
  return (lines) => {
    const columns = Deno.consoleSize().columns;
    const texts = lines.map((line) => formatProgress(line, performance.now()).slice(0, columns - 1));
    const up = height > 0 ? `\x1b[${height}A` : "";
    const drawn = texts.map((text) => `\x1b[2K${text}\n`).join("");
    // There may be fewer lines than before: the rest of the screen is cleared.
    Deno.stderr.writeSync(new TextEncoder().encode(`${up}${drawn}\x1b[J`));
    height = texts.length;
  };
}

function logWriter(): Write {
  const said = new Map<string, number>();
  return (lines) => {
    for (const line of lines) {
      const tenth = Math.floor(10 * line.done / Math.max(1, line.total));
      // How far a label is padded depends on the others.
      const label = line.label.trimEnd();
      if (said.get(label) === tenth) continue;
      said.set(label, tenth);
      console.error(formatProgress(line, performance.now()));
    }
  };
}
