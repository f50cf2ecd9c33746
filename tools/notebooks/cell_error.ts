/**
 * Where in a cell an error has come from.
 *
 * Deno's kernel compiles a cell before it runs it, without types, blank lines and the author's line breaks, and
 * reports positions in that code. `stripTypeScriptTypes` prints the same code together with a source map.
 * @module
 */
import { SourceMap, stripTypeScriptTypes } from "node:module";

/** Prints code anew, as the kernel does. Deno can do it; the types are those of Node, which has dropped it. */
const compile = stripTypeScriptTypes as unknown as (
  code: string,
  options: { mode: "transform"; sourceMap: boolean },
) => string;

/** What the kernel puts before the first line of a cell. */
const PRELUDE = '"use strict"; void 0;';

// Functions of other cells are called <anonymous>:LINE:COLUMN too, but with their name before it.
const CELL_FRAME = /^( +at (?:async )?)<anonymous>:(\d+):(\d+)$/gm;

/**
 * Finds the line of a cell that an error has come from.
 * @param source of the cell
 * @param traceback of the error, as the kernel sends it
 * @returns the line of the cell, counted from 1, that was being executed, or nothing if the traceback does not say
 */
export function errorLine(source: string, traceback: string[]): number | undefined {
  const frames = traceback.join("\n").matchAll(CELL_FRAME);
  const frame = [...frames].at(-1);
  if (!frame) return undefined;
  return originalLine(source, Number(frame[2]), Number(frame[3]));
}

/**
 * Puts the cell's own lines into a traceback.
 * @param source of the cell
 * @param traceback of the error, as the kernel sends it
 * @returns the traceback with lines of the cell, where they are known, instead of lines of the compiled code
 */
export function readableTraceback(source: string, traceback: string[]): string {
  return traceback.join("\n")
    .replace(CELL_FRAME, (frame, at, line, column) => {
      const original = originalLine(source, Number(line), Number(column));
      return original === undefined ? frame : `${at}line ${original} of this cell`;
    })
    .replace(/\(<anonymous>:\d+:\d+\)$/gm, "(in a cell of this notebook)");
}

/**
 * Finds what keeps a cell from being compiled.
 * @param source of a cell
 * @returns where it is not TypeScript (the line counted from 1) and why, or nothing if all is well
 */
export function syntaxError(source: string): { line: number; reason: string } | undefined {
  try {
    compile(source, { mode: "transform", sourceMap: false });
    return undefined;
  } catch (error) {
    const { message, stack = "" } = error as Error;
    const line = stack.match(/stripTypeScriptTypes\.ts:(\d+):\d+/)?.[1];
    return { line: Number(line ?? 1), reason: message.split("\n")[0].replace(/^SyntaxError: /, "") };
  }
}

function originalLine(source: string, line: number, column: number): number | undefined {
  const compiled = compile(withImportsAsStatements(source), { mode: "transform", sourceMap: true });
  const map = compiled.split("//# sourceMappingURL=data:application/json;base64,")[1];
  if (map === undefined) return undefined;
  const entry = new SourceMap(JSON.parse(new TextDecoder().decode(base64(map))))
    .findEntry(line - 1, column - 1 - (line === 1 ? PRELUDE.length : 0));
  return "originalLine" in entry ? entry.originalLine + 1 : undefined;
}

/**
 * The kernel turns each import into one line of code, and keeps it. The compiler alone drops an import that the cell
 * does not use, so we put a statement of one line in its place, with as many line ends as the import had.
 */
function withImportsAsStatements(source: string): string {
  return source.replace(
    /^import\s+(?!type\b)(?:[^"'`;()]*?\bfrom\s*)?(?:"[^"\n]*"|'[^'\n]*')/gm,
    (text) => "await 0" + "\n".repeat(text.split("\n").length - 1),
  );
}

function base64(text: string): Uint8Array {
  return Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
}
