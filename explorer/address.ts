/**
 * What is seen stands in the page's address, so that a link leads to one view.
 * @module
 */
import { allModels, type Manifest, METHOD_NAMES, type ModelKey, modelName } from "./messages.ts";

/** What the address says: beside the class and the picture, the model in the foreground. */
export interface Address extends ModelKey {
  /** Position in the order of learning; -1 for a picture of one's own. */
  readonly classId: number;
  /** Which of the class's pictures. */
  readonly image: number;
  /** Whose map: "true", "top", "b" or the number of a class. */
  readonly map: string;
  /** Name of the model that the one in the foreground is compared with. */
  readonly teacher: string;
}

/** Reads the address; what it does not say, or says wrongly, is chosen. */
export function readAddress(manifest: Manifest): Address {
  const { classNames, stepSizes } = manifest;
  const given = new URLSearchParams(location.hash.slice(1));
  const last = stepSizes.length - 1;
  const step = Number(given.get("model") ?? last);
  const map = given.get("map") ?? "true";
  return {
    classId: Math.max(0, classNames.indexOf(given.get("class") ?? "")),
    image: Math.max(0, Math.trunc(Number(given.get("picture") ?? 1)) - 1 || 0),
    map: ["true", "top", "b"].includes(map) ? map : String(Math.max(0, classNames.indexOf(map))),
    method: METHOD_NAMES.find((name) => name === given.get("method")) ?? "LwM",
    step: stepSizes[step] === undefined ? last : step,
    teacher: allModels(manifest).map(modelName).find((name) => name === given.get("teacher")) ?? "M_0",
  };
}

/** Writes the address; a picture of one's own has none. */
export function writeAddress(
  { classId, image, map, step, ...names }: Address,
  { classNames }: Manifest,
): void {
  const fields = new URLSearchParams({
    class: classNames[classId],
    picture: String(image + 1),
    map: classNames[Number(map)] ?? map,
    method: names.method,
    model: String(step),
    teacher: names.teacher,
  });
  history.replaceState(null, "", classId < 0 ? location.pathname + location.search : `#${fields}`);
}
