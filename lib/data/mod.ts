/**
 * Data sets, the class-incremental protocol, augmentation, and batches. Plain arrays; knows no tensors.
 * @module
 */

export * from "./batches.ts";
export * from "./iemoji/iemoji.ts";
export * from "./iemoji/artists.ts";
export * from "./image_set.ts";
export * from "./protocol.ts";
export * from "./photos/photos.ts";
export * from "./remember_views.ts";
export * from "./picture.ts";
