/**
 * The artists of iEmoji-100. Each is an npm package `@iconify-json/NAME` whose `icons.json` holds the drawings as SVG.
 * Credits and licenses are those of the packages' `info.json`.
 * @module
 */

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
  {
    name: "noto",
    version: "1.2.9",
    author: "Google Inc",
    source: "https://github.com/googlefonts/noto-emoji",
    license: "Apache 2.0",
    licenseUrl: "https://github.com/googlefonts/noto-emoji/blob/main/svg/LICENSE",
  },
  {
    name: "noto-v1",
    version: "1.2.5",
    author: "Google Inc",
    source: "https://github.com/googlefonts/noto-emoji",
    license: "Apache 2.0",
    licenseUrl: "https://github.com/googlefonts/noto-emoji/blob/main/svg/LICENSE",
  },
  {
    name: "openmoji",
    version: "1.2.29",
    author: "OpenMoji",
    source: "https://github.com/hfg-gmuend/openmoji",
    license: "CC BY-SA 4.0",
    licenseUrl: "https://creativecommons.org/licenses/by-sa/4.0/",
  },
  {
    name: "emojione-v1",
    version: "1.2.3",
    author: "Emoji One",
    source: "https://github.com/joypixels/emojione-legacy",
    license: "CC BY-SA 4.0",
    licenseUrl: "https://creativecommons.org/licenses/by-sa/4.0/",
  },
  {
    name: "fluent-emoji",
    version: "1.2.7",
    author: "Microsoft Corporation",
    source: "https://github.com/microsoft/fluentui-emoji",
    license: "MIT",
    licenseUrl: "https://github.com/microsoft/fluentui-emoji/blob/main/LICENSE",
  },
  {
    name: "fluent-emoji-flat",
    version: "1.2.6",
    author: "Microsoft Corporation",
    source: "https://github.com/microsoft/fluentui-emoji",
    license: "MIT",
    licenseUrl: "https://github.com/microsoft/fluentui-emoji/blob/main/LICENSE",
  },
  {
    name: "twemoji",
    version: "1.2.5",
    author: "Twitter",
    source: "https://github.com/jdecked/twemoji",
    license: "CC BY 4.0",
    licenseUrl: "https://creativecommons.org/licenses/by/4.0/",
  },
  {
    name: "emojione",
    version: "1.2.3",
    author: "Emoji One",
    source: "https://github.com/EmojiTwo/emojitwo",
    license: "CC BY 4.0",
    licenseUrl: "https://creativecommons.org/licenses/by/4.0/",
  },
];

/** The artists whose drawings are for testing only. */
export const IEMOJI_TEST_ARTISTS: readonly string[] = ["twemoji", "emojione"];

/** The artist held out for validation while β, γ and the learning rate are tuned. */
export const IEMOJI_VALIDATION_ARTIST = "noto";
