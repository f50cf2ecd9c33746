import type { Screen } from "../progress.ts";

/** A terminal for tests: knows line ends, wrapping, `cursor up` and `clear the rest of the screen`. */
export class Terminal implements Screen {
  readonly isTerminal = true;
  /** What was written, before it is wrapped. */
  #lines: string[] = [""];
  /** Of the line that the cursor stands in. */
  #line = 0;
  #column = 0;

  constructor(public columns: number, public rows = 24) {}

  size(): { columns: number; rows: number } {
    return { columns: this.columns, rows: this.rows };
  }

  write(text: string): void {
    // deno-lint-ignore no-control-regex
    for (const [token, up] of text.matchAll(/\x1b\[(\d+)A|\x1b\[J|[^]/gu)) {
      if (up !== undefined) this.#up(Number(up));
      else if (token === "\x1b[J") this.#clearRest();
      else if (token === "\r") this.#column -= this.#column % this.columns;
      else if (token === "\n") this.#newLine();
      else this.#put(token);
    }
  }

  /** What stands on the screen and above it, without the empty line that the cursor stands in. */
  lines(): string[] {
    return this.#lines.at(-1) === "" ? this.#lines.slice(0, -1) : [...this.#lines];
  }

  #put(character: string): void {
    const characters = [...this.#lines[this.#line].padEnd(this.#column)];
    characters[this.#column++] = character;
    this.#lines[this.#line] = characters.join("");
  }

  #newLine(): void {
    this.#line++;
    this.#column = 0;
    if (this.#line === this.#lines.length) this.#lines.push("");
  }

  #up(rows: number): void {
    for (let i = 0; i < rows; i++) {
      if (this.#column >= this.columns) this.#column -= this.columns;
      else if (this.#line > 0) {
        this.#line--;
        const length = [...this.#lines[this.#line]].length;
        this.#column = Math.floor(Math.max(0, length - 1) / this.columns) * this.columns;
      }
    }
  }

  #clearRest(): void {
    this.#lines.length = this.#line + 1;
    this.#lines[this.#line] = [...this.#lines[this.#line]].slice(0, this.#column).join("");
  }
}
