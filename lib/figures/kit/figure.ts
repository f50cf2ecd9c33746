/**
 * A figure: one SVG that needs no other file, with a title, a body and notes.
 * @module
 */
import { type Drawing, element, escapeXml, moved, plainText, text, wrap } from "./svg.ts";
import { FIGURE_WIDTH, FONT, INK, MUTED } from "./theme.ts";

/** What every function of this room returns. */
export interface Figure {
  /** One SVG document: valid XML, images inside, no style sheet, no font file. */
  readonly svg: string;
  /** In pixels at 100 %. */
  readonly width: number;
  /** In pixels at 100 %. */
  readonly height: number;
  /** What is seen, in words, for readers who cannot see it. */
  readonly description: string;
}

/** The parts of a figure, from top to bottom. */
export interface FigureParts {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** The setting: data set, preset, number of seeds. */
  readonly subtitle?: string;
  /** The picture itself. */
  readonly body: Drawing;
  /** How to read it, in small print. Each note begins a new line. */
  readonly notes?: readonly string[];
  /** What is seen, in words. */
  readonly description: string;
}

const MARGIN = 16;

/** The room that a body can take between the margins, in pixels. */
export const BODY_WIDTH = FIGURE_WIDTH - 2 * MARGIN;

/** Puts the parts of a figure together; a body narrower than the figure is centerd. */
export function composeFigure(parts: FigureParts): Figure {
  const pieces: string[] = [];
  let y = MARGIN;
  const line = (
    content: string,
    size: number,
    leading: number,
    style: { bold?: boolean; color?: string },
  ) => {
    pieces.push(text(MARGIN, y + size, content, { size, ...style }));
    y += size + leading;
  };

  for (const words of wrap(parts.title, BODY_WIDTH * 0.92, 16)) line(words, 16, 5, { bold: true });
  const subtitle = parts.subtitle === undefined ? [] : wrap(parts.subtitle, BODY_WIDTH, 12);
  for (const words of subtitle) line(words, 12, 4, { color: MUTED });
  y += 10;
  pieces.push(moved(MARGIN + Math.max(0, (BODY_WIDTH - parts.body.width) / 2), y, parts.body.svg));
  y += parts.body.height + 8;
  for (const note of parts.notes ?? []) {
    for (const words of wrap(note, BODY_WIDTH, 11)) line(words, 11, 5, { color: MUTED });
  }

  const width = Math.max(FIGURE_WIDTH, Math.ceil(parts.body.width) + 2 * MARGIN);
  const height = Math.ceil(y + MARGIN - 4);
  const description = plainText(parts.description);
  const background = element("rect", { width, height, fill: "white" });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" font-family="${FONT}" font-size="12" fill="${INK}">` +
    `<title>${escapeXml(plainText(parts.title))}</title>` +
    `<desc>${escapeXml(description)}</desc>${background}${pieces.join("")}</svg>\n`;
  return { svg, width, height, description };
}
