/**
 * From the messages of a kernel to the outputs of a cell as the notebook file keeps them.
 * @module
 */
import type { Message } from "./jupyter_wire.ts";
import { type ErrorOutput, lines, type Output } from "./notebook.ts";

export interface DisplayContent {
  data: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  /** A display with an id shows progress. */
  transient?: { display_id?: string };
  execution_count?: number;
}

/**
 * Gathers the outputs of one cell. A display with an id shows progress, and is not kept: it depends on the
 * machine and on what was trained before.
 */
export class CellOutputs {
  #outputs: Output[] = [];
  #clearBeforeNext = false;

  /** Takes in a message of the iopub channel; those that show nothing are ignored. */
  add({ type, content }: Message): void {
    if (type === "stream") {
      const { name, text } = content as { name: "stdout" | "stderr"; text: string };
      const last = this.#clearBeforeNext ? undefined : this.#outputs.at(-1);
      if (last?.output_type === "stream" && last.name === name) last.text.push(text);
      else this.#push({ output_type: "stream", name, text: [text] });
    } else if (type === "display_data" || type === "execute_result") {
      const { data, metadata = {}, transient, execution_count = null } = content as unknown as DisplayContent;
      if (transient?.display_id !== undefined) return;
      const result = type === "execute_result" && { execution_count };
      this.#push({ output_type: type, data: asStored(data), metadata, ...result });
    } else if (type === "clear_output") {
      if (content.wait) this.#clearBeforeNext = true;
      else this.#outputs = [];
    } else if (type === "error") {
      const { ename, evalue, traceback } = content as unknown as ErrorOutput;
      this.#push({ output_type: "error", ename, evalue, traceback });
    }
  }

  /** The outputs so far, as the notebook file keeps them. */
  finish(): Output[] {
    // A cell ends with its result or its error, which now and then overtakes the text before it.
    const isEnd = ({ output_type }: Output) => output_type === "execute_result" || output_type === "error";
    return [...this.#outputs.filter((output) => !isEnd(output)), ...this.#outputs.filter(isEnd)]
      .map((output) =>
        output.output_type === "stream" ? { ...output, text: lines(output.text.join("")) } : output
      );
  }

  #push(output: Output): void {
    if (this.#clearBeforeNext) this.#outputs = [];
    this.#clearBeforeNext = false;
    this.#outputs.push(output);
  }
}

/** Texts are stored as lists of lines; pictures in base64 as one text; JSON as it is. */
function asStored(data: Record<string, unknown>): Record<string, unknown> {
  const isText = /^text\/|^image\/svg\+xml$|^application\/javascript$/;
  return Object.fromEntries(
    Object.entries(data).map((
      [type, value],
    ) => [type, typeof value === "string" && isText.test(type) ? lines(value) : value]),
  );
}
