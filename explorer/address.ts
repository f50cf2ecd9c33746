/**
 * The page's address says what is seen, so that a link leads to one view.
 * @module
 */
import { type Manifest, type Method, METHOD_NAMES } from "./messages.ts";

/** What the address says. */
export interface Address {
  /** Position in the order of learning; -1 for a picture of one's own. */
  classId: number;
  /** Which of the class's pictures. */
  image: number;
  /** Whose map: "true", "top", "b" or the number of a class. */
  map: string;
  /** The model in the foreground. */
  method: Method;
  /** Its step. */
  step: number;
}

/** Reads the address; what it does not say, or says wrongly, is chosen. */
export function readAddress({ classNames, stepSizes }: Manifest): Address {
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
  };
}

/** Writes the address; a picture of one's own has none. */
export function writeAddress({ classId, image, map, method, step }: Address, { classNames }: Manifest): void {
  if (classId < 0) return history.replaceState(null, "", location.pathname + location.search);
  const fields = new URLSearchParams({
    class: classNames[classId],
    picture: String(image + 1),
    map: classNames[Number(map)] ?? map,
    method,
    model: String(step),
  });
  history.replaceState(null, "", `#${fields}`);
}
