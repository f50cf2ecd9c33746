/**
 * Notebooks for tests.
 * @module
 */
import type { Notebook } from "../notebook.ts";

/** A notebook for the project's kernel, not yet run, with these code cells. */
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
