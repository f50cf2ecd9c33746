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
  /** Who the visitor guesses will keep most: a place among the methods, or after them for nobody. */
  readonly guess?: number;
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

const RATES = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.1, 0.2, 0.3];
/** The settings that a visitor can choose, by their fields in the address. */
export const SETTINGS: Readonly<
  Record<keyof TeachSettings, { label: string; options: readonly (string | number)[] }>
> = {
  lesson: { label: "lesson", options: ["yours", "next ten"] },
  epochs: { label: "rounds", options: [1, 2, 4, 10, 20, 30] },
  rateC: { label: "C’s rate", options: RATES },
  rateLwF: { label: "LwF-MC’s rate", options: RATES },
  rateLwM: { label: "LwM’s rate", options: RATES },
  seed: { label: "seed", options: Array.from({ length: 100 }, (_, i) => i + 1) },
  beta: { label: "β", options: [0, 0.1, 0.3, 0.5, 1, 2, 5] },
  gamma: { label: "γ", options: [0, 0.1, 0.3, 0.5, 1, 2, 5] },
  classification: { label: "L_C", options: ["sigmoid-new", "sigmoid-all", "softmax-new", "softmax-all"] },
  distillation: { label: "L_D", options: ["sigmoid", "softmax"] },
  norm: { label: "norm of L_AD", options: ["L1", "L2"] },
  attentionForm: { label: "form of L_AD", options: ["normalized", "unnormalized", "detached-student"] },
};

/** Settings in words: all, or those that are not as they stand ready. */
export function inWords(settings: TeachSettings, which: "all" | "changed"): string {
  const fields = (Object.keys(SETTINGS) as (keyof TeachSettings)[])
    .filter((field) => which === "all" || (settings[field] !== GENTLE[field] && field !== "seed"));
  return fields.map((field) => `${SETTINGS[field].label} ${settings[field]}`).join(", ");
}

/** Reads the address; what it does not say, or says wrongly, is chosen. */
export function readAddress(manifest: Manifest): View {
  const { classNames, typical } = manifest;
  const given = new URLSearchParams(location.hash.slice(1));
  const chosen = Object.entries(SETTINGS).map(([field, { options }]) => [
    field,
    // Links of earlier pages have one rate for all.
    options.find((option) =>
      String(option) === (given.get(field) ?? given.get(field.startsWith("rate") ? "learningRate" : field))
    ) ?? GENTLE[field as keyof TeachSettings],
  ]);
  const settings: TeachSettings = Object.fromEntries(chosen);
  const photos: readonly Picture[][] = history.state?.photos ?? [[], [], []];
  const classes = READY_NAMES.map((_, place): OwnClass => {
    // Of a link, as long as what can be typed, and without marks that turn the text around it.
    const name = given.get(`name${place + 1}`)?.replaceAll(/\p{C}/gu, "").slice(0, 40);
    const letters = given.get(`draw${place + 1}`);
    const pictures = [
      ...decodeSketches(letters ?? "").map((sketch) => ({ sketch })),
      ...photos[place].map((photo) => ({ photo })),
    ].slice(0, MOST);
    const ready = readyClass(place);
    // Photographs are not in a link: without them, others are not shown in their name.
    if (letters === null && pictures.length === 0) return { ...ready, name: name ?? ready.name };
    return { ready: false, pictures, name: name ?? "" };
  });
  const named = classNames.indexOf(given.get("class") ?? "");
  const classId = named < 0 ? classNames.indexOf(typical.class) : named;
  const picture = Number(given.get("picture") ?? (named < 0 ? typical.picture + 1 : 1));
  const image = picture >= 1 && picture <= PICTURES && Number.isInteger(picture) ? picture - 1 : 0;
  const [sketch] = decodeSketches(given.get("own") ?? "");
  const own = sketch ? { sketch } : photos[2].map((photo) => ({ photo }))[0];
  const told = given.has("told") ? given.get("told") === "yes" : undefined;
  return { classes, settings, told, classId, image, own, guess: history.state?.guess };
}

/** What the page calls the class at a place, also before it is given a name. */
export function nameOf({ name }: { name: string }, place: number): string {
  return name.trim() || `thing ${"AB"[place]}`;
}

/** Whether some of the pictures are photographs. */
export function hasPhotos(classes: readonly OwnClass[]): boolean {
  return classes.some(({ pictures }) => pictures.some((picture) => "photo" in picture));
}

/** Writes the address: only what differs from what is chosen where it says nothing. */
export function writeAddress(view: View, manifest: Manifest): void {
  const fields = new URLSearchParams();
  const { classes, settings, told, classId, image, own, guess } = view;
  classes.forEach(({ name, ready, pictures }, place) => {
    if (!ready || name !== READY_NAMES[place]) fields.set(`name${place + 1}`, name);
    const sketches = pictures.flatMap((picture) => "sketch" in picture ? [picture.sketch] : []);
    if (!ready) fields.set(`draw${place + 1}`, encodeSketches(sketches));
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
  history.replaceState({ photos, guess }, "", location.pathname + location.search + (hash && `#${hash}`));
}
