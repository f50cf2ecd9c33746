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
export * from "./data/mod.ts";
export * from "./data/iemoji/drawings.ts";
export * from "./data/photos/photos.ts";
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
