/**
 * Everything that notebooks and users import:
 *
 * ```ts ignore
 * import { configure, figures, trainRuns } from "lwm";
 * ```
 *
 * `evaluation` and `figures` are namespaces, because a measure and the figure of it have the same name.
 * @module
 */
export * from "./attention/mod.ts";
export {
  allDraws,
  type Artist,
  type Batch,
  type ClassCounts,
  classIncrementalSteps,
  type ClassSteps,
  type Dataset,
  type Draw,
  epochBatches,
  type EpochOptions,
  headPositions,
  IEMOJI_ARTISTS,
  IEMOJI_EVALUATION_DRAWS,
  IEMOJI_TEST_ARTISTS,
  type ImageSet,
  IncrementalStream,
  type Normalization,
  type OpenOptions,
  type Picture,
  readBatch,
  readMaskPicture,
  readMasks,
  readPicture,
  type Split,
} from "./data/mod.ts";
export {
  loadPhotos,
  type PhotoDataset,
  type PhotoDatasetName,
  type PhotoOptions,
  type SkippedPhoto,
} from "./data/photos/photos.ts";
export * from "./engine/mod.ts";
export * as evaluation from "./evaluation/mod.ts";
export * from "./run/mod.ts";
export * from "./study/mod.ts";
export * as figures from "./figures/mod.ts";
export * from "./losses/mod.ts";
export * from "./model/mod.ts";
export { type RandomStream, randomStream } from "./random.ts";
export { mean, percent } from "./statistics.ts";
export * from "./training/mod.ts";
export { UserError } from "./user_error.ts";
