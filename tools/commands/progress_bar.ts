/**
 * How far a long command is: a bar in a terminal, one line every tenth of the way in a log.
 * @module
 */

const WIDTH = 30;

/** Writes to the standard error stream, so that the output of a command stays clean. */
export class ProgressBar implements Disposable {
  #activity = "";
  #step = -1;
  #open = false;

  /**
   * Makes a bar that shows nothing yet.
   *
   * @param terminal whether lines can be overwritten
   * @param write where the text goes
   */
  constructor(
    private readonly terminal: boolean = Deno.stderr.isTerminal(),
    private readonly write: (text: string) => void = (text) => {
      Deno.stderr.writeSync(new TextEncoder().encode(text));
    },
  ) {}

  /**
   * Draws the bar where it has moved.
   *
   * @param activity what is done, such as `downloading`
   */
  show(activity: string, done: number, total: number): void {
    const share = total > 0 ? Math.min(1, done / total) : 1;
    if (activity !== this.#activity) {
      this[Symbol.dispose]();
      this.#activity = activity;
      this.#step = -1;
    }
    const step = Math.floor(share * (this.terminal ? 200 : 10));
    if (step === this.#step) return;
    this.#step = step;
    const text = `${activity} ${"█".repeat(Math.round(share * WIDTH)).padEnd(WIDTH, "░")} ${
      Math.floor(share * 100)
    } %`;
    this.write(this.terminal ? `\r${text}` : `${text}\n`);
    this.#open = this.terminal;
  }

  /** Ends the line. */
  [Symbol.dispose](): void {
    if (this.#open) this.write("\n");
    this.#open = false;
  }
}
