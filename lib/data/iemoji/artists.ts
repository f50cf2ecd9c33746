/**
 * The artists of iEmoji-100. Each is an npm package `@iconify-json/NAME` whose `icons.json` holds the
 * drawings as SVG. Credits and licenses come from the packages' `info.json`.
 * @module
 */
import emojione from "@iconify-json/emojione/info.json" with { type: "json" };
import emojioneV1 from "@iconify-json/emojione-v1/info.json" with { type: "json" };
import fluentEmoji from "@iconify-json/fluent-emoji/info.json" with { type: "json" };
import fluentEmojiFlat from "@iconify-json/fluent-emoji-flat/info.json" with { type: "json" };
import noto from "@iconify-json/noto/info.json" with { type: "json" };
import notoV1 from "@iconify-json/noto-v1/info.json" with { type: "json" };
import openmoji from "@iconify-json/openmoji/info.json" with { type: "json" };
import twemoji from "@iconify-json/twemoji/info.json" with { type: "json" };

/** One artist: a set of drawings in one style. */
export interface Artist {
  /** The icon set's name, such as `noto`; its package is `@iconify-json/noto`. */
  readonly name: string;
  /** The package's version, as pinned in deno.json. */
  readonly version: string;
  /** Who is to be credited. */
  readonly author: string;
  /** Where the drawings come from. */
  readonly source: string;
  /** The drawings' license, such as `CC BY 4.0`. */
  readonly license: string;
  /** Where the license's text is. */
  readonly licenseUrl: string;
}

/** All eight artists; a drawing is one class by one artist. */
export const IEMOJI_ARTISTS: readonly Artist[] = [
  artist(noto, "1.2.9"),
  artist(notoV1, "1.2.5"),
  artist(openmoji, "1.2.29"),
  artist(emojioneV1, "1.2.3"),
  artist(fluentEmoji, "1.2.7"),
  artist(fluentEmojiFlat, "1.2.6"),
  artist(twemoji, "1.2.5"),
  artist(emojione, "1.2.3"),
];

function artist(
  { prefix, author, license }: Pick<typeof noto, "prefix" | "author" | "license">,
  version: string,
): Artist {
  return {
    name: prefix,
    version,
    author: author.name,
    source: author.url,
    license: license.title,
    licenseUrl: license.url,
  };
}

/** The artists whose drawings are for testing only. */
export const IEMOJI_TEST_ARTISTS: readonly string[] = ["twemoji", "emojione"];

/** The artist held out for validation while β, γ and the learning rate are tuned. */
export const IEMOJI_VALIDATION_ARTIST = "noto";
