/**
 * Data sets, the class-incremental protocol, augmentation, and batches. Plain arrays; knows no tensors.
 * @module
 */

export * from "./batches.ts";
export * from "./iemoji.ts";
export * from "./iemoji_artists.ts";
export * from "./image_set.ts";
export * from "./incremental.ts";
export * from "./photos.ts";
export * from "./remember_views.ts";
export * from "./picture.ts";
