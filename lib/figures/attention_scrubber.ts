/**
 * The paper's picture to leaf through: one image, the methods side by side, one model at a time.
 * @module
 */
import { attentionRetention, type AttentionRetentionNumbers } from "./attention_retention.ts";
import { htmlFigure, type InteractiveFigure } from "./kit/html.ts";
import { enlargeImage, isDark, largestValue, overlay, unitMap } from "./kit/attention_map.ts";
import { pngDataUri } from "./kit/png.ts";
import { escapeXml } from "./kit/svg.ts";

/** What the browser shows: for each method, a picture and a line of text for each model. */
interface ScrubberData {
  readonly label: string;
  readonly methods: readonly {
    readonly name: string;
    readonly models: readonly { readonly picture: string; readonly text: string }[];
  }[];
}

/** A slider from M_0 to the last model over the first example; the strip of all models where no script runs. */
export function attentionScrubber(retention: AttentionRetentionNumbers): InteractiveFigure {
  const { image, label, rows } = retention.examples[0];
  const max = largestValue([unitMap(rows[0].cells[0].map)]);
  const data: ScrubberData = {
    label,
    methods: rows.map(({ method, cells }) => ({
      name: method,
      models: cells.map(({ map, cosine }) => {
        const { size, rgb } = overlay(image, unitMap(map), max);
        const text = isDark(map) ? "all zero" : `cosine ${cosine.toFixed(2)}`;
        return { picture: pngDataUri(rgb, size, size), text };
      }),
    })),
  };
  const last = rows[0].cells.length - 1;
  const { size, rgb } = enlargeImage(image);
  const seen = `<figure><figcaption>${escapeXml(label)}</figcaption>` +
    `<img alt="${escapeXml(label)}" src="${pngDataUri(rgb, size, size)}" width="192" height="192"></figure>`;
  const cells = rows.map(({ method }) =>
    `<figure class="method"><figcaption><b>${
      escapeXml(method)
    }</b> <span></span></figcaption><img alt="" width="192" height="192"></figure>`
  );
  return htmlFigure({
    content:
      `<label>M<sub>0</sub> <input type="range" min="0" max="${last}" value="0" step="1"> M<sub>${last}</sub>
<output aria-live="polite"></output></label><div class="methods">${seen}${cells.join("")}</div>`,
    style: ".methods{display:flex;flex-wrap:wrap;gap:1em}figure{margin:.5em 0}output{margin-left:1em}",
    script: `(${showModel})(root, data);`,
    data,
    figure: attentionRetention({ ...retention, examples: retention.examples.slice(0, 1) }),
  });
}

/** Runs in the browser: shows the model that the slider selects. */
export function showModel(root: HTMLElement, { label, methods }: ScrubberData): void {
  const slider = root.querySelector("input")!;
  const update = () => {
    const model = Number(slider.value);
    root.querySelector("output")!.textContent = `Attention of M_${model} for ${label}`;
    slider.setAttribute("aria-valuetext", `M_${model}`);
    methods.forEach(({ name, models }, i) => {
      const figure = root.querySelectorAll(".method")[i];
      const { picture, text } = models[model];
      figure.querySelector("span")!.textContent = text;
      figure.querySelector("img")!.src = picture;
      figure.querySelector("img")!.alt = `${name}, M_${model}, ${label}: ${text}`;
    });
  };
  slider.addEventListener("input", update);
  update();
}
