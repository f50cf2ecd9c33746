/**
 * Figures and tables in a notebook, and figures that change where their reader moves a slider or chooses a
 * button.
 * @module
 */
import { crc32 } from "node:zlib";
import { displayInNotebook, inNotebook } from "../progress.ts";
import { DISPLAY, markdownTable, tableDisplay, type TableRow } from "../table.ts";
import { escapeXml, type Figure, imageTag } from "./kit/svg.ts";

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

/**
 * A figure with a button for each of several pictures. All travel with it, since nothing comes back to the
 * kernel.
 * @param question what is chosen
 * @param choices what stands beside each button, and its picture; the first is shown where no script runs,
 * such as in a notebook that its reader does not trust yet
 */
export function choiceOf(
  question: string,
  choices: readonly { readonly name: string; readonly figure: Figure }[],
): Figure {
  const [{ figure }] = choices;
  const buttons = choices.map(({ name }, i) =>
    `<label><input type="radio" name="choice"${i === 0 ? " checked" : ""}> ${escapeXml(name)}</label>`
  );
  const form = `<form><fieldset><legend>${escapeXml(question)}</legend>${
    buttons.join(" ")
  }</fieldset></form>`;
  const pictures = choices.map(({ figure }) => imageTag(figure));
  const data = JSON.stringify([form, pictures]).replaceAll("<", "\\u003c");
  // The script finds its figure by this name; of equal figures on a page, each script takes the next one.
  const id = `lwm-${crc32(data).toString(16)}`;
  const html = `<div class="${id}">${imageTag(figure)}</div>
<script>(${showChoice})(document.querySelector(".${id}:not(.ready)"), ...${data});</script>`;
  const display = () => ({ "text/html": html, "text/plain": figure.description });
  return Object.defineProperty({ ...figure }, DISPLAY, { value: display });
}

/** Runs in the browser: adds the buttons, and shows the picture of the one that is chosen. */
function showChoice(root: HTMLElement, form: string, pictures: readonly string[]): void {
  root.classList.add("ready");
  root.innerHTML = `${form}<div>${pictures[0]}</div>`;
  root.querySelectorAll("input").forEach((input, i) =>
    input.addEventListener("input", () => root.lastElementChild!.innerHTML = pictures[i])
  );
}
