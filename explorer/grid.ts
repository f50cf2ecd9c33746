/**
 * The maps of all models as a table, and those of one step in the foreground.
 * @module
 */
import { byId, h } from "./dom.ts";
import { drawMap, drawScale } from "./maps.ts";
import { METHOD_NAMES, type Picture } from "./messages.ts";

/** What a reader does with the table. */
export interface GridEvents {
  /** Points at a place, from 0 to 1 in both directions. */
  point(x: number, y: number): void;
  /** Takes a model to the foreground. */
  choose(method: string, step: number): void;
}

/** What is drawn in a cell. */
export interface GridCell {
  readonly picture: Picture;
  readonly values: readonly number[];
  /** Of the color scale. */
  readonly max: number;
  /** Whether the model is the one in the foreground. */
  readonly now: boolean;
  /** Of the map's class, before the sigmoid. */
  readonly score: number;
}

/** How far an arrow key moves the place. */
const KEY_STEP = 1 / 16;

/** A row for each method, a column for each step. One place is marked in all maps. */
export class Grid {
  readonly #cells: {
    td: HTMLElement;
    canvas: HTMLCanvasElement;
    caption: HTMLElement;
    mark: HTMLElement;
  }[][];
  readonly #scales = METHOD_NAMES.map(() => h("small"));
  readonly #events: GridEvents;
  #place = { x: 0.5, y: 0.5 };

  constructor(steps: readonly number[], events: GridEvents) {
    this.#events = events;
    this.#cells = METHOD_NAMES.map((method) => steps.map((step) => this.#cell(method, step)));
    const rows = METHOD_NAMES.map((method, r) => {
      const scale = h("canvas", { role: "img", "aria-label": "Color scale" });
      drawScale(scale);
      const heading = h(
        "th",
        { scope: "row", class: method },
        method,
        h("div", { class: "scale" }, scale, this.#scales[r]),
      );
      return h("tr", {}, heading, ...this.#cells[r].map(({ td }) => td));
    });
    const columns = steps.map((step) => h("th", { scope: "col" }, `M_${step}`));
    byId("grid").replaceChildren(
      h("table", {}, h("thead", {}, h("tr", {}, h("td"), ...columns)), h("tbody", {}, ...rows)),
    );
  }

  /** Says what the colors of a row stand for. */
  setScale(row: number, text: string): void {
    this.#scales[row].textContent = text;
  }

  /** Draws a cell, and keeps its numbers beside it. */
  draw(row: number, step: number, { picture, values, max, now, score }: GridCell): void {
    const { canvas, td } = this.#cells[row][step];
    drawMap(canvas, picture, values, max);
    Object.assign(canvas.dataset, { values: JSON.stringify(values), score });
    td.classList.toggle("now", now);
  }

  /** Says which class the map is for, and its score. */
  setCaption(row: number, step: number, text: string): void {
    const { canvas, caption } = this.#cells[row][step];
    caption.textContent = text;
    canvas.setAttribute("aria-label", `${METHOD_NAMES[row]}, M_${step}: ${text}`);
  }

  #cell(method: string, step: number) {
    const canvas = h("canvas", {
      class: "map",
      role: "button",
      tabindex: 0,
      onpointermove: ({ offsetX, offsetY }: PointerEvent) =>
        this.#point(offsetX / canvas.clientWidth, offsetY / canvas.clientHeight),
      onclick: () => this.#events.choose(method, step),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter" || event.key === " ") this.#events.choose(method, step);
        else if (!this.#moveBy(event.key)) return;
        event.preventDefault();
      },
    });
    const caption = h("small");
    const mark = h("i", { hidden: true });
    return { td: h("td", {}, h("div", { class: "map-box" }, canvas, mark), caption), canvas, caption, mark };
  }

  #moveBy(key: string): boolean {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    if (by === undefined) return false;
    this.#point(this.#place.x + KEY_STEP * by[0], this.#place.y + KEY_STEP * by[1]);
    return true;
  }

  #point(x: number, y: number): void {
    const inside = (share: number) => Math.min(0.99, Math.max(0, share));
    this.#place = { x: inside(x), y: inside(y) };
    for (const { mark } of this.#cells.flat()) {
      Object.assign(mark.style, { left: `${100 * this.#place.x}%`, top: `${100 * this.#place.y}%` });
      mark.hidden = false;
    }
    this.#events.point(this.#place.x, this.#place.y);
  }
}

/** The maps of one step, large, a slider over the steps, and a button that plays them. */
export class Film {
  readonly #canvases = METHOD_NAMES.map((method) =>
    h("canvas", { role: "img", "aria-label": `${method}, the model in the foreground` })
  );
  readonly #step = h("b");
  readonly #slider: HTMLInputElement;
  readonly #play: HTMLButtonElement;
  readonly #onStep: (step: number) => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(steps: number, onStep: (step: number) => void) {
    this.#onStep = onStep;
    this.#slider = h("input", {
      type: "range",
      "aria-label": "Model in the foreground",
      min: 0,
      max: steps - 1,
      oninput: () => onStep(Number(this.#slider.value)),
    });
    this.#play = h("button", { type: "button", onclick: () => this.#toggle() }, "Play");
    const controls = h(
      "div",
      { class: "controls" },
      h("label", {}, h("span", {}, "Model ", this.#step), this.#slider),
      this.#play,
    );
    const figures = this.#canvases.map((canvas, r) =>
      h("figure", {}, canvas, h("figcaption", {}, METHOD_NAMES[r]))
    );
    byId("film").replaceChildren(controls, h("div", { class: "strip" }, ...figures));
  }

  /** Draws one method's map. */
  draw(row: number, picture: Picture, values: readonly number[], max: number): void {
    drawMap(this.#canvases[row], picture, values, max);
  }

  /** Says which step is shown. */
  show(step: number): void {
    this.#slider.value = String(step);
    this.#step.textContent = `M_${step}`;
  }

  #toggle(): void {
    this.#play.textContent = this.#timer === undefined ? "Stop" : "Play";
    if (this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const steps = Number(this.#slider.max) + 1;
    this.#timer = setInterval(() => this.#onStep((Number(this.#slider.value) + 1) % steps), 900);
  }
}
