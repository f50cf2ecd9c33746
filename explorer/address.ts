/**
 * What the visitor has chosen and drawn stands in the page's address, so that a link restores it.
 * Photographs do not fit there: they last as long as the tab, in the state of its history.
 * @module
 */
import { GENTLE, type Manifest, type OwnPicture, type Picture, type TeachSettings } from "./messages.ts";
import { decodeSketches, encodeSketches, READY_NAMES, readySketches } from "./sketch.ts";

/** A class that is taught. */
export interface OwnClass {
  /** As the visitor wrote it. */
  readonly name: string;
  /** Whether these are the drawings that stand ready. */
  readonly ready: boolean;
  readonly pictures: readonly OwnPicture[];
}

/** Everything that a visitor can choose. */
export interface View {
  readonly classes: readonly OwnClass[];
  readonly settings: TeachSettings;
  /** Whether the networks are told that a picture is old or new; undefined: for photographs only. */
  readonly told?: boolean;
  /** The class of the picture in "Look", and its number among that class's pictures. */
  readonly classId: number;
  readonly image: number;
  /** A picture of the visitor's in its place. */
  readonly own?: OwnPicture;
}

/** Fewest pictures of a class, those that a verdict needs, and most. */
export const FEWEST = 3, ENOUGH = 15, MOST = 30;
/** Pictures of a class of the data set in "Look". */
export const PICTURES = 20;

/** A ready class, by its place. */
export function readyClass(place: number): OwnClass {
  const name = READY_NAMES[place];
  return { name, ready: true, pictures: readySketches(name).map((sketch) => ({ sketch })) };
}

/** The settings that a visitor can choose, with their ends and their letters in the address. */
export const RANGES = {
  beta: { label: "weight of the old answers, β", min: 0, max: 2, step: 0.05 },
  gamma: { label: "weight of where it looked, γ", min: 0, max: 2, step: 0.05 },
  learningRate: { label: "learning rate", min: 0.01, max: 0.3, step: 0.01 },
  epochs: { label: "rounds", min: 1, max: 30, step: 1 },
  seed: { label: "random numbers", min: 1, max: 100, step: 1 },
} as const;

/** Reads the address; what it does not say, or says wrongly, is chosen. */
export function readAddress(manifest: Manifest): View {
  const { classNames, typical } = manifest;
  const given = new URLSearchParams(location.hash.slice(1));
  const settings = { ...GENTLE };
  for (const [field, { min, max, step }] of Object.entries(RANGES)) {
    const value = Number(given.get(field) ?? NaN);
    const whole = Math.abs(value / step - Math.round(value / step)) < 1e-6;
    if (value >= min && value <= max && whole) settings[field as keyof TeachSettings] = value;
  }
  const photos: readonly Picture[][] = history.state?.photos ?? [[], [], []];
  const classes = READY_NAMES.map((_, place): OwnClass => {
    const [name, letters] = [given.get(`name${place + 1}`), given.get(`draw${place + 1}`)];
    const pictures = [
      ...decodeSketches(letters ?? "").map((sketch) => ({ sketch })),
      ...photos[place].map((photo) => ({ photo })),
    ].slice(0, MOST);
    const ready = readyClass(place);
    if (pictures.length === 0) return { ...ready, name: name ?? ready.name };
    return { ready: false, pictures, name: name ?? defaultName(place) };
  });
  const named = classNames.indexOf(given.get("class") ?? "");
  const classId = named < 0 ? classNames.indexOf(typical.class) : named;
  const picture = Number(given.get("picture") ?? (named < 0 ? typical.picture + 1 : 1));
  const image = picture >= 1 && picture <= PICTURES && Number.isInteger(picture) ? picture - 1 : 0;
  const [sketch] = decodeSketches(given.get("own") ?? "");
  const own = sketch ? { sketch } : photos[2].map((photo) => ({ photo }))[0];
  const told = ({ yes: true, no: false } as Record<string, boolean>)[given.get("told") ?? ""];
  return { classes, settings, told, classId, image, own };
}

/** The name of a class before it is given one. */
export function defaultName(place: number): string {
  return `thing ${"AB"[place]}`;
}

/** What the page calls the class at a place. */
export function nameOf({ name }: OwnClass, place: number): string {
  return name.trim() || defaultName(place);
}

/** Whether some of the pictures are photographs. */
export function hasPhotos(classes: readonly OwnClass[]): boolean {
  return classes.some(({ pictures }) => pictures.some((picture) => "photo" in picture));
}

/** Writes the address: only what differs from what is chosen where it says nothing. */
export function writeAddress(view: View, manifest: Manifest): void {
  const fields = new URLSearchParams();
  const { classes, settings, told, classId, image, own } = view;
  classes.forEach(({ name, ready, pictures }, place) => {
    if (!ready || name !== READY_NAMES[place]) fields.set(`name${place + 1}`, name);
    const sketches = pictures.flatMap((picture) => "sketch" in picture ? [picture.sketch] : []);
    if (!ready && sketches.length > 0) fields.set(`draw${place + 1}`, encodeSketches(sketches));
  });
  for (const [field, usual] of Object.entries(GENTLE)) {
    const value = settings[field as keyof TeachSettings];
    if (value !== usual) fields.set(field, String(value));
  }
  if (told !== undefined) fields.set("told", told ? "yes" : "no");
  const { typical, classNames } = manifest;
  if (classNames[classId] !== typical.class || image !== typical.picture) {
    fields.set("class", classNames[classId]);
    fields.set("picture", String(image + 1));
  }
  if (own && "sketch" in own) fields.set("own", encodeSketches([own.sketch]));
  const photosOf = (pictures: readonly OwnPicture[]) =>
    pictures.flatMap((picture) => "photo" in picture ? [picture.photo] : []);
  const photos = [...classes.map(({ pictures }) => pictures), own ? [own] : []].map(photosOf);
  const hash = String(fields);
  history.replaceState({ photos }, "", location.pathname + location.search + (hash && `#${hash}`));
}
