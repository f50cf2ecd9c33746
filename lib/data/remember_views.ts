import type { ImageSet } from "./image_set.ts";

/** Sets whose views take more bytes than this are read anew each time. */
const LARGEST = 128 * 2 ** 20;

/**
 * The same images, each view of which is made once and kept: an epoch of training reads what an earlier one has made.
 *
 * @param set images whose views are costly, such as drawings that are composed
 * @param largest bytes that may be kept; a set that needs more is returned as it is
 * @returns a set that reads the same bytes
 */
export function rememberViews(set: ImageSet, largest: number = LARGEST): ImageSet {
  const bytes = 3 * set.size * set.size;
  if (set.count * set.views * bytes > largest) return set;
  const kept: (Uint8Array | undefined)[] = new Array(set.count * set.views);
  return {
    ...set,
    read(image, view, target) {
      const at = image * set.views + view;
      let rgb = kept[at];
      if (rgb === undefined) {
        rgb = new Uint8Array(bytes);
        set.read(image, view, rgb);
        kept[at] = rgb;
      }
      target.set(rgb);
    },
  };
}
