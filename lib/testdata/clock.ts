import type { Clock } from "../progress.ts";

/** A clock for tests, which moves when it is told to. */
export class TestClock implements Clock {
  #now = 0;
  readonly #calls = new Set<{ at: number; call: () => void }>();

  now = (): number => this.#now;

  after = (milliseconds: number, call: () => void): () => void => {
    const entry = { at: this.#now + milliseconds, call };
    this.#calls.add(entry);
    return () => this.#calls.delete(entry);
  };

  /** Lets time pass. */
  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#calls].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#now = next.at;
      this.#calls.delete(next);
      next.call();
    }
    this.#now = end;
  }
}
