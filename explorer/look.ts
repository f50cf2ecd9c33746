/**
 * "Look": one picture through the eyes of all models.
 * @module
 */
import { type Address, readAddress, writeAddress } from "./address.ts";
import { byId, type Choice, choice, type Connection, h, say } from "./dom.ts";
import { Film, Grid } from "./grid.ts";
import { classOf, drawPicture } from "./maps.ts";
import {
  type Answer,
  keyOf,
  type Manifest,
  METHOD_NAMES,
  modelName,
  modelNames,
  type Picture,
} from "./messages.ts";
import { ownPicture } from "./own_picture.ts";
import { digits, scoreChart, sentence, sigmoid } from "./scores.ts";

/** Whose map is shown: those that are no class. */
const MAP_CHOICES = [
  ["true", "the picture's class"],
  ["top", "each model's top class"],
  ["b", "b, its top base class"],
] as const;

/** The first part of the page. */
export class Look {
  readonly #connection: Connection;
  readonly #manifest: Manifest;
  readonly #address: Address;
  readonly #grid: Grid;
  readonly #film: Film;
  readonly #classChoice: Choice;
  readonly #mapChoice: Choice;
  readonly #scaleChoice: Choice;
  readonly #pair: readonly [teacher: Choice, student: Choice];
  /** By step, the number of classes that its teacher knows; of M_0, that it knows itself. */
  readonly #known: readonly number[];
  #pictures: readonly Picture[] = [];
  #picture!: Picture;
  #answers: readonly (readonly Answer[])[] = [];

  /** Makes the controls; {@linkcode Look.start} shows the first picture. */
  constructor(connection: Connection, manifest: Manifest) {
    const { classNames, stepSizes } = manifest;
    const steps = [...stepSizes.keys()];
    const classes = classNames.map((name, id) => [String(id), name] as const);
    this.#connection = connection;
    this.#manifest = manifest;
    this.#address = readAddress(manifest);
    this.#known = steps.map((step) => stepSizes.slice(0, Math.max(1, step)).reduce((a, b) => a + b));
    this.#grid = new Grid(steps, {
      point: (x, y) => this.#pointAt(x, y),
      choose: (method, step) => this.#choose(method, step),
    });
    this.#film = new Film(steps.length, (step) => this.#choose(this.#address.method, step));
    const { classId, map } = this.#address;
    this.#classChoice = choice(
      "Class",
      [...classes, ["-1", "(your own picture)"]],
      String(classId),
      (value) => void this.#showClass(Number(value)),
    );
    this.#mapChoice = choice("Attention for", [...MAP_CHOICES, ...classes], map, (value) => {
      this.#address.map = value;
      this.#showMaps();
    });
    const scales = [["row", "one a row"], ["map", "each map its own"]] as const;
    this.#scaleChoice = choice("Scale", scales, "row", () => this.#showMaps());
    const modelChoice = (label: string, value: string) =>
      choice(label, modelNames(steps).map((name) => [name, name]), value, () => void this.#showPair());
    this.#pair = [modelChoice("Teacher", "M_0"), modelChoice("Student", modelName(this.#address))];
    byId("pictures").append(
      ...[this.#classChoice, this.#mapChoice, this.#scaleChoice].map(({ label }) => label),
    );
    byId("pair").append(...this.#pair.map(({ label }) => label));
    ownPicture((picture) => this.#showOwn(picture));
    addEventListener("hashchange", () => void this.#follow());
  }

  /** Shows the picture that the address names. */
  start(): Promise<void> {
    return this.#showClass(this.#address.classId, this.#address.image);
  }

  async #follow(): Promise<void> {
    Object.assign(this.#address, readAddress(this.#manifest));
    this.#mapChoice.select.value = this.#address.map;
    this.#classChoice.select.value = String(this.#address.classId);
    await this.start();
  }

  async #showClass(classId: number, image = 0): Promise<void> {
    if (classId < 0) return void (byId<HTMLDetailsElement>("own").open = true);
    Object.assign(this.#address, { classId, image });
    const reply = await this.#connection.ask({ type: "pictures", classId });
    if (reply.type !== "pictures" || this.#address.classId !== classId) return;
    this.#pictures = reply.pictures;
    byId("thumbnails").replaceChildren(...this.#pictures.map((_, i) => this.#thumbnail(i)));
    await this.#showImage(Math.min(image, this.#pictures.length - 1));
  }

  async #showImage(image: number): Promise<void> {
    this.#address.image = image;
    for (const [i, button] of [...byId("thumbnails").children].entries()) {
      button.setAttribute("aria-checked", String(i === image));
      button.setAttribute("tabindex", i === image ? "0" : "-1");
    }
    await this.#show(this.#pictures[image]);
  }

  async #showOwn(picture: Picture): Promise<void> {
    this.#address.classId = -1;
    this.#classChoice.select.value = "-1";
    byId("thumbnails").replaceChildren();
    await this.#show(picture);
  }

  async #show(picture: Picture): Promise<void> {
    this.#picture = picture;
    const reply = await this.#connection.ask({ type: "look", picture });
    if (reply.type !== "answers" || this.#picture !== picture) return;
    this.#answers = reply.answers;
    for (const id of ["film", "grid", "place"]) byId(id).hidden = false;
    say("look-message", "");
    this.#showMaps();
    await this.#showPair();
  }

  #showMaps(): void {
    writeAddress(this.#address, this.#manifest);
    const own = this.#scaleChoice.select.value === "map";
    this.#answers.forEach((row, r) => {
      const maps = row.map((answer, step) => this.#mapOf(answer, step));
      const largest = maps.map(({ values }) => Math.max(...values));
      const ofRow = Math.max(...largest);
      this.#grid.setScale(r, own ? "0 to each map’s largest" : `0 to ${digits(ofRow)}`);
      maps.forEach(({ classId, values }, step) => {
        const { logits } = row[step];
        const max = own ? largest[step] : ofRow;
        const now = step === this.#address.step && METHOD_NAMES[r] === this.#address.method;
        this.#grid.draw(r, step, { picture: this.#picture, values, max, now, score: logits[classId] });
        this.#grid.setCaption(r, step, this.#caption(classId, values, logits));
        if (step === this.#address.step) this.#film.draw(r, this.#picture, values, max);
      });
    });
    this.#film.show(this.#address.step);
  }

  #caption(classId: number, values: readonly number[], logits: Float32Array): string {
    if (classId < 0) return "not learned yet";
    const dark = values.every((value) => value === 0) ? ", no attention" : "";
    return `${this.#manifest.classNames[classId]} ${digits(sigmoid(logits[classId]))}${dark}`;
  }

  #mapOf({ logits, maps, mapSize }: Answer, step: number): { classId: number; values: number[] } {
    const { classId: trueClass, map } = this.#address;
    const pixels = mapSize * mapSize;
    const classId = classOf(
      trueClass < 0 && map === "true" ? "top" : map,
      trueClass,
      logits,
      this.#known[step],
    );
    const values = classId < 0
      ? new Array<number>(pixels).fill(0)
      : [...maps.subarray(classId * pixels, (classId + 1) * pixels)];
    return { classId, values };
  }

  #choose(method: string, step: number): void {
    Object.assign(this.#address, { method, step });
    this.#pair[1].select.value = modelName(this.#address);
    this.#showMaps();
    void this.#showPair();
  }

  /** Says the values of all maps at one place. */
  #pointAt(x: number, y: number): void {
    const at = (answer: Answer, step: number) => {
      const size = answer.mapSize;
      const [column, row] = [x, y].map((share) => Math.min(size - 1, Math.floor(share * size)));
      return digits(this.#mapOf(answer, step).values[row * size + column]);
    };
    const rows = this.#answers.map((row, r) => `${METHOD_NAMES[r]}: ${row.map(at).join(", ")}`);
    const [left, top] = [x, y].map((share) => `${Math.round(100 * share)} %`);
    say("place", `At ${left} from the left, ${top} from the top, from M_0 on. ${rows.join("; ")}`);
  }

  async #showPair(): Promise<void> {
    const keys = this.#pair.map(({ select }) => keyOf(select.value));
    const pair = [keys[0], keys[1]] as const;
    const reply = await this.#connection.ask({ type: "compare", picture: this.#picture, pair });
    if (reply.type !== "comparison") return;
    const models = keys.map((key) => ({
      name: modelName(key),
      logits: this.#answers[METHOD_NAMES.indexOf(key.method)][key.step].logits,
    }));
    const { classNames } = this.#manifest;
    const finding = byId("sentence");
    finding.textContent = sentence(models, reply.comparison, classNames);
    const { L_D, L_AD, cosine, topBaseClass } = reply.comparison;
    Object.assign(finding.dataset, { ld: L_D, lad: L_AD, cosine, b: topBaseClass });
    byId("scores").replaceChildren(scoreChart(models, classNames));
  }

  #thumbnail(image: number): HTMLButtonElement {
    const canvas = h("canvas", { "aria-hidden": true });
    drawPicture(canvas, this.#pictures[image]);
    return h("button", {
      type: "button",
      role: "radio",
      "aria-label": `Picture ${image + 1} of ${this.#pictures.length}`,
      onclick: () => void this.#showImage(image),
      onkeydown: (event: KeyboardEvent) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        const next = (image + by + this.#pictures.length) % this.#pictures.length;
        (byId("thumbnails").children[next] as HTMLElement).focus();
        void this.#showImage(next);
      },
    }, canvas);
  }
}
