import type { Notebook } from "../notebook.ts";

/** @returns a notebook with one code cell for each source, with the ids "cell-1", "cell-2", … */
export function notebookOf(...sources: string[]): Notebook {
  return {
    cells: sources.map((source, index) => ({
      cell_type: "code",
      id: `cell-${index + 1}`,
      metadata: {},
      source,
      execution_count: null,
      outputs: [],
    })),
    metadata: { kernelspec: { display_name: "Deno", language: "typescript", name: "deno" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}
