/**
 * Figures and tables in a notebook, and figures that change where their reader moves a slider or chooses a
 * button.
 * @module
 */
import { crc32 } from "node:zlib";
import { displayInNotebook, inNotebook } from "../progress.ts";
import { DISPLAY, markdownTable, tableDisplay, type TableRow } from "../table.ts";
import { type Figure, imageTag } from "./kit/svg.ts";

/** Shows the figure under the notebook's cell; does nothing outside of a notebook. */
export async function showFigure(figure: Figure): Promise<void> {
  if (inNotebook()) await displayInNotebook(figure[DISPLAY]());
}

/**
 * Shows a table under the notebook's cell; writes it to the console outside of a notebook.
 * @param rows the first row's keys are the headings. Numbers with a fraction are written with two decimals:
 * write others as text
 *
 * @example
 * ```ts
 * import { figures } from "lwm";
 *
 * await figures.showTable([{ method: "C", accuracy: 0.25 }, { method: "LwM", accuracy: 0.5 }]);
 * ```
 */
export async function showTable(rows: readonly TableRow[]): Promise<void> {
  if (!inNotebook()) return console.log(markdownTable(rows));
  await displayInNotebook(tableDisplay(rows));
}

/** What a state shows in one element: its attributes, and its text. */
export type Shown = Readonly<Record<string, string>>;

/** The parts of a figure that is a piece of a web page with several states. */
export interface InteractiveParts {
  /** HTML with at least one `<input>`, whose value is the number of a state. */
  readonly content: string;
  /** Rules of CSS, for this figure alone. */
  readonly style: string;
  /**
   * What each state shows in the elements with the attribute `data-shown`, in their order. `text` is an
   * element's text.
   */
  readonly states: readonly (readonly Shown[])[];
  /** The first state. */
  readonly first: number;
}

/**
 * A figure with states between which its reader chooses. All states travel with it, since nothing comes back
 * to the kernel.
 * @param figure the picture that is shown where no script runs, such as in a notebook that its reader does
 * not trust yet
 */
export function interactive(figure: Figure, parts: InteractiveParts): Figure {
  const data = JSON.stringify(parts).replaceAll("<", "\\u003c");
  // The script finds its figure by this name; of equal figures on a page, each script takes the next one.
  const name = `lwm-${crc32(data).toString(16)}`;
  const html = `<div class="${name}">${imageTag(figure)}</div>
<script>(${showStates})(document.querySelector(".${name}:not(.ready)"), ${data});</script>`;
  const display = () => ({ "text/html": html, "text/plain": figure.description });
  return Object.defineProperty({ ...figure }, DISPLAY, { value: display });
}

/**
 * Runs in the browser: puts the content in place of the picture, and shows the state that an input selects.
 */
function showStates(root: HTMLElement, { content, style, states, first }: InteractiveParts): void {
  root.classList.add("ready");
  root.innerHTML = `<style>@scope{${style}}</style>${content}`;
  const elements = [...root.querySelectorAll("[data-shown]")];
  const show = (state: number) =>
    states[state].forEach(({ text, ...attributes }, i) => {
      if (text !== undefined) elements[i].textContent = text;
      for (const [name, value] of Object.entries(attributes)) elements[i].setAttribute(name, value);
    });
  for (const input of root.querySelectorAll("input")) {
    input.addEventListener("input", () => show(Number(input.value)));
  }
  show(first);
}
