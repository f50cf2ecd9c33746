/**
 * Pieces of SVG as strings, two ways to put pieces together, and a figure: one SVG that needs no other file,
 * with a title, a body and notes.
 * @module
 */
import { DISPLAY, printable } from "../../table.ts";

/**
 * All colors but those of the methods; the first six are Okabe and Ito's, which color-blind readers can tell
 * apart.
 */
export const PALETTE = {
  vermilion: "#d55e00",
  blue: "#0072b2",
  green: "#009e73",
  orange: "#e69f00",
  purple: "#cc79a7",
  sky: "#56b4e9",
  /** Text and axes. */
  ink: "#222222",
  /** Secondary text. */
  muted: "#666666",
  /** Grid lines and frames. */
  faint: "#dddddd",
  /** The teacher, where a student is drawn beside it. */
  teacher: "#7a7a7a",
  student: "#56b4e9",
} as const;

/** DejaVu Sans on Linux, Verdana on other systems. */
export const FONT = "DejaVu Sans, Verdana, sans-serif";

/** Width of every figure in pixels: what GitHub shows at 100 %. */
export const FIGURE_WIDTH = 840;

/** A piece of SVG and its size in pixels. Its origin is at the top left. */
export interface Piece {
  /** Elements, without the `<svg>` around them. */
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

export interface TextStyle {
  /** Font size in pixels; default 12. */
  readonly size?: number;
  readonly bold?: boolean;
  readonly color?: string;
  /** Which part of the text lies at its point; default the start. */
  readonly anchor?: "start" | "middle" | "end";
}

export function escapeXml(content: string): string {
  const names: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return printable(content).replace(/[&<>"]/g, (character) => `&${names[character]};`);
}

/**
 * A line of text with its baseline at y. `_{…}` is set as a subscript and `^{…}` as a superscript, so that
 * `L_{AD}` and `Q_{t−1}^{I,b}` look as in the paper.
 */
export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 12, bold = false, color = PALETTE.ink, anchor = "start" } = style;
  const weight = bold ? ' font-weight="bold"' : "";
  // Without `preserve`, a space after a script is lost at the border between two pieces of text.
  const space = /[_^]\{/.test(content) ? ' xml:space="preserve"' : "";
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}"${weight} fill="${color}" ` +
    `text-anchor="${anchor}"${space}>${scripts(content, size)}</text>`;
}

/** Removes the marks of scripts, for places that show plain text: `L_AD`, `M_0`. */
export function plainText(content: string): string {
  return content.replace(/([_^])\{(.*?)\}/g, "$1$2");
}

/** Writes subscripts of digits with Unicode's, for Plot's axes, which set plain text: `M₀`. */
export function unicodeText(content: string): string {
  return content.replace(
    /_\{(\d+)\}/g,
    (_, digits) => digits.replace(/\d/g, (digit: string) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]),
  );
}

/**
 * Width of a text in pixels, within a few percent, estimated from the widths of DejaVu Sans by groups of
 * letters.
 */
export function textWidth(content: string, size: number, bold = false): number {
  const scripts = [...content.matchAll(/[_^]\{(.*?)\}/g)].map(([, script]) => script).join("");
  const line = content.replace(/[_^]\{.*?\}/g, "");
  const ems = (letters: string) => [...letters].reduce((sum, letter) => sum + emWidth(letter), 0);
  return (ems(line) + SCRIPT_SIZE * ems(scripts)) * size * (bold ? 1.12 : 1);
}

/** Breaks a text between words into lines of at most `width` pixels. */
export function wrap(content: string, width: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(" ")) {
    const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Cuts a text with an ellipsis if it is wider than `width` pixels. */
export function shorten(content: string, width: number, size: number): string {
  if (textWidth(content, size) <= width) return content;
  let kept = content.length - 1;
  while (kept > 1 && textWidth(content.slice(0, kept) + "…", size) > width) kept--;
  return content.slice(0, kept).trimEnd() + "…";
}

/**
 * An element without content: `element("line", { x1: 0, … })`. Attributes that are undefined are left out.
 */
export function element(name: string, attributes: Record<string, string | number | undefined>): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) =>
      ` ${key}="${typeof value === "number" ? round(value) : escapeXml(String(value))}"`
    );
  return `<${name}${written.join("")}/>`;
}

export function moved(x: number, y: number, ...pieces: string[]): string {
  return `<g transform="translate(${round(x)},${round(y)})">${pieces.join("")}</g>`;
}

/** Pieces side by side, their upper edges in line. */
export function beside(pieces: readonly Piece[], gap = 0): Piece {
  let x = -gap;
  const svg = pieces.map((piece) => {
    const left = x + gap;
    x = left + piece.width;
    return moved(left, 0, piece.svg);
  });
  return { svg: svg.join(""), width: Math.max(x, 0), height: Math.max(0, ...pieces.map((p) => p.height)) };
}

/** Pieces one above the other, their left edges in line. */
export function stacked(pieces: readonly Piece[], gap = 0): Piece {
  let y = -gap;
  const svg = pieces.map((piece) => {
    const top = y + gap;
    y = top + piece.height;
    return moved(0, top, piece.svg);
  });
  return { svg: svg.join(""), width: Math.max(0, ...pieces.map((p) => p.width)), height: Math.max(y, 0) };
}

const SCRIPT_SIZE = 0.72;

function emWidth(letter: string): number {
  if (/[iljI.,:;'|!· ]/.test(letter)) return 0.31;
  if (/[tfr()[\]\/-]/.test(letter)) return 0.39;
  if (/[mwMW%@—…]/.test(letter)) return 0.92;
  if (/[A-Z+=×±<>−]/.test(letter)) return 0.7;
  return 0.61;
}

function scripts(content: string, size: number): string {
  const small = round(size * SCRIPT_SIZE);
  let shift = 0;
  return content.split(/([_^]\{.*?\})/).filter((part) => part !== "").map((part) => {
    const script = /^([_^])\{(.*)\}$/.exec(part);
    const target = script === null ? 0 : script[1] === "_" ? size * 0.22 : -size * 0.36;
    const step = round(target - shift);
    shift = target;
    if (script === null) {
      return step === 0 ? escapeXml(part) : `<tspan dy="${step}">${escapeXml(part)}</tspan>`;
    }
    return `<tspan font-size="${small}" dy="${step}">${escapeXml(script[2])}</tspan>`;
  }).join("");
}

/** Rounds to hundredths of a pixel, which keeps the files small. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** With what the runs of a figure were trained. */
export interface Origin {
  /** Name of the preset. */
  readonly preset?: string;
  /** Name of the engine. */
  readonly engine?: string;
}

/** Runs on one data set. */
export interface DatasetOrigin extends Origin {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
}

/** The result of every figure function. */
export interface Figure {
  /** One SVG document: valid XML, images inside, no style sheet, no font file. */
  readonly svg: string;
  /** In pixels at 100 %. */
  readonly width: number;
  /** In pixels at 100 %. */
  readonly height: number;
  /** Description in words, for readers who cannot see the figure. */
  readonly description: string;
  /**
   * What a notebook shows, by media type: the SVG as an image, with the description as its alternative text.
   * It is HTML, since JupyterLab gives a bare picture no alternative text.
   */
  [DISPLAY](): Record<string, string>;
}

/** The parts of a figure, from top to bottom. */
export interface FigureParts {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** Data set, preset, number of seeds. */
  readonly subtitle?: string;
  readonly body: Piece;
  /** How to read it, in small print. Each note begins a new line. */
  readonly notes?: readonly string[];
  readonly description: string;
}

const MARGIN = 16;

/** Width between the margins, in pixels. */
export const BODY_WIDTH = FIGURE_WIDTH - 2 * MARGIN;

/**
 * Composes a figure, which a notebook shows if it is the value of a cell. A body narrower than the figure is
 * centered.
 */
export function composeFigure(parts: FigureParts): Figure {
  const pieces: string[] = [];
  let y = MARGIN;
  const line = (content: string, size: number, leading: number, style: TextStyle) => {
    pieces.push(text(MARGIN, y + size, content, { size, ...style }));
    y += size + leading;
  };

  for (const words of wrap(parts.title, BODY_WIDTH * 0.92, 16)) line(words, 16, 5, { bold: true });
  const subtitle = parts.subtitle === undefined ? [] : wrap(parts.subtitle, BODY_WIDTH, 12);
  for (const words of subtitle) line(words, 12, 4, { color: PALETTE.muted });
  y += 10;
  pieces.push(moved(MARGIN + Math.max(0, (BODY_WIDTH - parts.body.width) / 2), y, parts.body.svg));
  y += parts.body.height + 8;
  for (const note of parts.notes ?? []) {
    for (const words of wrap(note, BODY_WIDTH, 11)) line(words, 11, 5, { color: PALETTE.muted });
  }

  const width = Math.max(FIGURE_WIDTH, Math.ceil(parts.body.width) + 2 * MARGIN);
  const height = Math.ceil(y + MARGIN - 4);
  const description = plainText(parts.description);
  const background = element("rect", { width, height, fill: "white" });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" font-family="${FONT}" font-size="12" fill="${PALETTE.ink}">` +
    `<title>${escapeXml(plainText(parts.title))}</title>` +
    `<desc>${escapeXml(description)}</desc>${background}${pieces.join("")}</svg>\n`;
  const figure = { svg, width, height, description };
  const display = () => ({ "text/html": imageTag(figure), "text/plain": description });
  return Object.defineProperty(figure, DISPLAY, { value: display }) as Figure;
}

/** A figure as an image of an HTML page, with its description as alternative text. */
export function imageTag({ svg, width, height, description }: Omit<Figure, typeof DISPLAY>): string {
  const source = `data:image/svg+xml;base64,${new TextEncoder().encode(svg).toBase64()}`;
  return `<img alt="${escapeXml(description)}" src="${source}" width="${width}" height="${height}">`;
}
