/**
 * A data set for tests: small images of three colors, which a network learns in seconds.
 * @module
 */
import type { ImageSet } from "../data/image_set.ts";
import { randomStream } from "../random.ts";

/** Images of `classIds`, each mostly of its class's color, with noise that depends on the view. */
export function coloredImages(classIds: readonly number[], imagesPerClass = 8, views = 2): ImageSet {
  const size = 16;
  const labels = Int32Array.from(
    { length: classIds.length * imagesPerClass },
    (_, i) => classIds[i % classIds.length],
  );
  return {
    name: "colors",
    count: labels.length,
    size,
    views,
    labels,
    read(image, view, target) {
      const random = randomStream("colors", image, view);
      const bright = labels[image] % 3;
      for (let i = 0; i < target.length; i++) target[i] = (i % 3 === bright ? 128 : 0) + random.integer(128);
    },
  };
}

/** The channel statistics of the images above, roughly. */
export const COLOR_STATISTICS = { mean: [0.4, 0.4, 0.4], std: [0.3, 0.3, 0.3] } as const;
