/**
 * From the messages of a kernel to the outputs of a cell as the notebook file keeps them.
 * @module
 */
import type { Message } from "./jupyter_wire.ts";
import { lines, type Output, type StreamOutput } from "./notebook.ts";

/**
 * Gathers the outputs of one cell. A display with an id shows progress, and is not kept: it depends on the machine and on
 * what was trained before.
 */
export class CellOutputs {
  #outputs: Output[] = [];
  // Pieces of text of the streams; joined once, at the end, so that a million short lines take linear time.
  #pieces = new Map<StreamOutput, string[]>();
  #clearBeforeNext = false;

  /** Takes in a message of the iopub channel; those that show nothing are ignored. */
  add({ type, content }: Message): void {
    switch (type) {
      case "stream":
        return this.#addText(content as { name: "stdout" | "stderr"; text: string });
      case "display_data":
      case "execute_result":
        return this.#addDisplay(type, content as unknown as DisplayContent);
      case "clear_output":
        if (content.wait) this.#clearBeforeNext = true;
        else this.#outputs = [];
        return;
      case "error": {
        const { ename, evalue, traceback } = content as {
          ename: string;
          evalue: string;
          traceback: string[];
        };
        this.#push({ output_type: "error", ename, evalue, traceback });
      }
    }
  }

  /** The outputs so far, as the notebook file keeps them. */
  finish(): Output[] {
    for (const [stream, pieces] of this.#pieces) stream.text = lines(pieces.join(""));
    // A cell ends with its result or its error, which now and then overtakes the text before it.
    const isEnd = ({ output_type }: Output) => output_type === "execute_result" || output_type === "error";
    return [...this.#outputs.filter((output) => !isEnd(output)), ...this.#outputs.filter(isEnd)];
  }

  #addText({ name, text }: { name: "stdout" | "stderr"; text: string }): void {
    const last = this.#clearBeforeNext ? undefined : this.#outputs.at(-1);
    if (last?.output_type === "stream" && last.name === name) {
      this.#pieces.get(last)!.push(text);
      return;
    }
    const stream: StreamOutput = { output_type: "stream", name, text: [] };
    this.#pieces.set(stream, [text]);
    this.#push(stream);
  }

  #addDisplay(type: "display_data" | "execute_result", content: DisplayContent): void {
    if (content.transient?.display_id !== undefined) return;
    const { data, metadata = {}, execution_count = null } = content;
    this.#push({
      output_type: type,
      data: asStored(data),
      metadata,
      ...(type === "execute_result" && { execution_count }),
    });
  }

  #push(output: Output): void {
    if (this.#clearBeforeNext) this.#outputs = [];
    this.#clearBeforeNext = false;
    this.#outputs.push(output);
  }
}

interface DisplayContent {
  data: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  transient?: { display_id?: string };
  execution_count?: number;
}

/** Texts are stored as lists of lines; pictures in base64 as one text; JSON as it is. */
function asStored(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([type, value]) => {
      const isText = type.startsWith("text/") || type === "image/svg+xml" ||
        type === "application/javascript";
      return [type, typeof value === "string" && isText ? lines(value) : value];
    }),
  );
}
