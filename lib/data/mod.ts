/**
 * The class-incremental protocol, augmentation, batches, and the definition of iEmoji-100. Plain arrays;
 * knows no tensors, and a browser can load it. `iemoji/drawings.ts` and `photos/photos.ts` read images from
 * files.
 * @module
 */

export * from "./batches.ts";
export * from "./iemoji/iemoji.ts";
export * from "./iemoji/artists.ts";
export * from "./image_set.ts";
export * from "./protocol.ts";
