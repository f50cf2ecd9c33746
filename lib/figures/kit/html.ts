/**
 * Interactive figures for notebooks: HTML that carries its data and its script, since nothing comes back to
 * the kernel. Where no script runs, a picture is shown.
 * @module
 */
import { crc32 } from "node:zlib";
import { type Figure, imageTag } from "./svg.ts";

/** An interactive figure, and the same as a picture. */
export interface InteractiveFigure {
  /** A piece of an HTML page. */
  readonly html: string;
  /** For places that show no HTML. */
  readonly figure: Figure;
}

interface HtmlParts {
  readonly content: string;
  /** Rules of CSS, for this figure alone. */
  readonly style: string;
  /** Statements of JavaScript, with `root`, the element around the content, and `data`. */
  readonly script: string;
  readonly data: unknown;
  /** Shown when no script runs. */
  readonly figure: Figure;
}

export function htmlFigure({ content, style, script, data, figure }: HtmlParts): InteractiveFigure {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  // The script finds its figure by this name; of equal figures on a page, each script takes the next one.
  const name = `lwm-${crc32(content + json).toString(16)}`;
  const html = `<div class="${name}">
${imageTag(figure)}
<div hidden><style>@scope{${style}}</style>${content}</div>
<script>{
const [picture, root] = document.querySelector(".${name}:not(.ready)").children;
picture.remove();
root.hidden = false;
root.parentElement.classList.add("ready");
const data = ${json};
${script}
}</script>
</div>`;
  return { html, figure };
}
