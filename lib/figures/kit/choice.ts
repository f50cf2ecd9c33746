/**
 * Several pictures of which a reader chooses one, by buttons or by a slider. All travel with the figure, since
 * nothing comes back to the kernel. Where no script runs, such as on GitHub or in a notebook that its reader
 * does not trust yet, one picture is shown.
 * @module
 */
import { crc32 } from "node:zlib";
import { DISPLAY } from "../../table.ts";
import { escapeXml, type Figure, imageTag } from "./svg.ts";

/** A picture, and its name. */
export interface Choice {
  readonly name: string;
  readonly figure: Figure;
}

/**
 * A figure with a button for each of several pictures.
 * @param question what is chosen
 * @param choices what stands beside each button, and its picture; the first is shown where no script runs
 */
export function choiceOf(question: string, choices: readonly Choice[]): Figure {
  const buttons = choices.map(({ name }, i) =>
    `<label><input type="radio" name="choice"${i === 0 ? " checked" : ""}> ${escapeXml(name)}</label>`
  );
  const form = `<form><fieldset><legend>${escapeXml(question)}</legend>${
    buttons.join(" ")
  }</fieldset></form>`;
  return chosenFrom(choices, 0, form);
}

/**
 * A figure with a slider over pictures in a row, such as the steps of a training. The last is shown where no
 * script runs.
 */
export function filmOf(question: string, frames: readonly Choice[]): Figure {
  const last = frames.length - 1;
  const names = frames.map(({ name }, i) => `<option value="${i}" label="${escapeXml(name)}"></option>`);
  const form =
    `<form><label>${escapeXml(question)} <input type="range" min="0" max="${last}" value="${last}" ` +
    `aria-valuetext="${escapeXml(frames[last].name)}"></label> <output>${
      escapeXml(frames[last].name)
    }</output>` +
    `<datalist>${names.join("")}</datalist></form>`;
  return chosenFrom(frames, last, form);
}

function chosenFrom(choices: readonly Choice[], shown: number, form: string): Figure {
  const { figure } = choices[shown];
  const pictures = choices.map(({ figure }) => imageTag(figure));
  const data = JSON.stringify([form, pictures, shown]).replaceAll("<", "\\u003c");
  // The script finds its figure by this name; of equal figures on a page, each script takes the next one.
  const id = `lwm-${crc32(data).toString(16)}`;
  const html = `<div class="${id}">${imageTag(figure)}</div>
<script>(${showChoice})(document.querySelector(".${id}:not(.ready)"), ...${data});</script>`;
  const display = () => ({ "text/html": html, "text/plain": figure.description });
  return Object.defineProperty({ ...figure }, DISPLAY, { value: display });
}

/** Runs in the browser: adds the buttons or the slider, and shows the picture that is chosen. */
function showChoice(root: HTMLElement, form: string, pictures: readonly string[], shown: number): void {
  root.classList.add("ready");
  root.innerHTML = `${form}<div>${pictures[shown]}</div>`;
  root.querySelectorAll("input").forEach((input, i) =>
    input.addEventListener("input", () => {
      const chosen = input.type === "range" ? Number(input.value) : i;
      root.lastElementChild!.innerHTML = pictures[chosen];
      const name = root.querySelectorAll("option")[chosen]?.getAttribute("label");
      if (name) root.querySelector("output")!.textContent = name;
      if (name) input.setAttribute("aria-valuetext", name);
    })
  );
}
