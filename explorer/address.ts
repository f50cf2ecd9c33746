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
  readonly lesson: "own" | "increment";
  readonly settings: TeachSettings;
  /** Whether the networks are told that a picture is old or new; undefined: for photographs only. */
  readonly told?: boolean;
  /** The class of the picture in "Look", and its number among that class's pictures. */
  readonly classId: number;
  readonly image: number;
  /** A picture of the visitor's in its place. */
  readonly own?: OwnPicture;
}

/** Fewest and most pictures of a class. */
export const FEWEST = 3;
export const MOST = 30;
/** Pictures of a class of the data set in "Look". */
export const PICTURES = 20;

/** A ready class, by its place. */
export function readyClass(place: number): OwnClass {
  const name = READY_NAMES[place];
  return { name, ready: true, pictures: readySketches(name).map((sketch) => ({ sketch })) };
}

/** The settings that a lesson starts with. */
export function settingsOf(lesson: View["lesson"], { configuration }: Manifest): TeachSettings {
  const given = Object.keys(GENTLE).map((field) => [field, configuration[field as keyof TeachSettings]]);
  return lesson === "own" ? GENTLE : Object.fromEntries(given);
}

/** The ends of the settings that are numbers, with their letters in the address. */
export const RANGES = {
  beta: { label: "β", min: 0, max: 1, step: 0.05 },
  gamma: { label: "γ", min: 0, max: 1, step: 0.05 },
  learningRate: { label: "learning rate", min: 0.01, max: 0.3, step: 0.01 },
  epochs: { label: "rounds", min: 1, max: 30, step: 1 },
  seed: { label: "seed", min: 1, max: 100, step: 1 },
} as const;
/** The settings that are names. */
export const FORMS = {
  classification: { label: "L_C", options: ["sigmoid-new", "sigmoid-all", "softmax-new", "softmax-all"] },
  distillation: { label: "L_D", options: ["sigmoid", "softmax"] },
  norm: { label: "norm of L_AD", options: ["L1", "L2"] },
} as const;

/** Reads the address; what it does not say, or says wrongly, is chosen. */
export function readAddress(manifest: Manifest): View {
  const { classNames, typical } = manifest;
  const given = new URLSearchParams(location.hash.slice(1));
  const lesson = given.get("lesson") === "increment" ? "increment" : "own";
  const settings: Record<string, unknown> = { ...settingsOf(lesson, manifest) };
  for (const [field, { min, max, step }] of Object.entries(RANGES)) {
    const value = Number(given.get(field) ?? NaN);
    const whole = Math.abs(value / step - Math.round(value / step)) < 1e-6;
    if (value >= min && value <= max && whole) settings[field] = value;
  }
  for (const [field, { options }] of Object.entries(FORMS)) {
    settings[field] = options.find((option) => option === given.get(field)) ?? settings[field];
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
  return { classes, lesson, settings: settings as TeachSettings, told, classId, image, own };
}

/** The name of a class before it is given one. */
export function defaultName(place: number): string {
  return `thing ${"AB"[place]}`;
}

/** Writes the address: only what differs from what is chosen where it says nothing. */
export function writeAddress(view: View, manifest: Manifest): void {
  const fields = new URLSearchParams();
  const { classes, lesson, settings, told, classId, image, own } = view;
  classes.forEach(({ name, ready, pictures }, place) => {
    if (!ready || name !== READY_NAMES[place]) fields.set(`name${place + 1}`, name);
    const sketches = pictures.flatMap((picture) => "sketch" in picture ? [picture.sketch] : []);
    if (!ready && sketches.length > 0) fields.set(`draw${place + 1}`, encodeSketches(sketches));
  });
  if (lesson !== "own") fields.set("lesson", lesson);
  for (const [field, usual] of Object.entries(settingsOf(lesson, manifest))) {
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
