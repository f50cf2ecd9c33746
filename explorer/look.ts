/**
 * "Look": one picture through the eyes of all models.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { byId, choice, type Connection, digits, h, say } from "./dom.ts";
import { classOf, drawMap, drawPicture, drawScale } from "./maps.ts";
import { type Answer, type Manifest, METHOD_NAMES, type ModelKey, type Picture } from "./messages.ts";
import { ownPicture } from "./own_picture.ts";

/** What the address says, so that a link leads to one view. */
interface View {
  /** Position in the order of learning; -1 for a picture of one's own. */
  classId: number;
  /** Which of the class's pictures. */
  image: number;
  /** Whose map: "true", "top", "b" or the number of a class. */
  map: string;
  /** The model in the foreground. */
  method: string;
  /** Its step. */
  step: number;
}

/** Starts the section. */
export async function startLook(connection: Connection, manifest: Manifest): Promise<void> {
  const { classNames, stepSizes } = manifest;
  const view = readAddress(manifest);
  const steps = [...stepSizes.keys()];
  /** Number of classes that M_t's teacher knows; of M_0, that it knows itself. */
  const known = steps.map((step) => stepSizes.slice(0, Math.max(1, step)).reduce((a, b) => a + b));
  let pictures: readonly Picture[] = [];
  let picture: Picture;
  let answers: readonly (readonly Answer[])[] = [];
  let film: ReturnType<typeof setInterval> | undefined;
  let latest = 0;

  const classChoice = choice(
    "Class",
    [...classNames.map((name, id) => [String(id), name] as const), ["-1", "(your own picture)"]],
    String(view.classId),
    (value) => void showClass(Number(value)),
  );
  const mapChoice = choice(
    "Attention for",
    [
      ["true", "the picture's class"],
      ["top", "each model's top class"],
      ["b", "b, its top base class"],
      ...classNames.map((name, id) => [String(id), name] as const),
    ],
    view.map,
    (value) => {
      view.map = value;
      showMaps();
    },
  );
  const scaleChoice = choice(
    "Scale",
    [["row", "one a row"], ["map", "each map its own"]],
    "row",
    () => showMaps(),
  );
  byId("pictures").append(classChoice, mapChoice, scaleChoice);
  const grid = makeGrid(steps, (x, y) => pointAt(x, y), (method, step) => choose(method, step));
  const { slider, play, foreground } = makeFilm(steps, (step) => choose(view.method, step));
  play.onclick = () => film === undefined ? startFilm() : stopFilm();
  const pair = ["M_0", modelName(view)].map((value, i) =>
    choice(i === 0 ? "Teacher" : "Student", modelNames(steps), value, () => void showPair())
  );
  byId("pair").append(...pair);
  ownPicture((own) => {
    view.classId = -1;
    (classChoice.lastChild as HTMLSelectElement).value = "-1";
    byId("thumbnails").replaceChildren();
    return show(own);
  });
  addEventListener("hashchange", () => {
    Object.assign(view, readAddress(manifest));
    (mapChoice.lastChild as HTMLSelectElement).value = view.map;
    (classChoice.lastChild as HTMLSelectElement).value = String(view.classId);
    void showClass(view.classId, view.image);
  });
  await showClass(view.classId, view.image);

  async function showClass(classId: number, image = 0): Promise<void> {
    if (classId < 0) return void (byId<HTMLDetailsElement>("own").open = true);
    [view.classId, view.image] = [classId, image];
    const reply = await connection.ask({ type: "pictures", classId });
    if (reply.type !== "pictures" || view.classId !== classId) return;
    pictures = reply.pictures;
    byId("thumbnails").replaceChildren(...pictures.map((_, i) => thumbnail(i)));
    await showImage(Math.min(image, pictures.length - 1));
  }

  async function showImage(image: number): Promise<void> {
    view.image = image;
    for (const [i, button] of [...byId("thumbnails").children].entries()) {
      button.setAttribute("aria-checked", String(i === image));
      button.setAttribute("tabindex", i === image ? "0" : "-1");
    }
    await show(pictures[image]);
  }

  async function show(shown: Picture): Promise<void> {
    picture = shown;
    const turn = ++latest;
    const reply = await connection.ask({ type: "look", picture });
    if (reply.type !== "answers" || turn !== latest) return;
    answers = reply.answers;
    for (const id of ["film", "grid", "place"]) byId(id).hidden = false;
    say("look-message", "");
    showMaps();
    await showPair();
  }

  function showMaps(): void {
    writeAddress(view, manifest);
    const maps = METHOD_NAMES.map((_, row) => steps.map((step) => mapOf(row, step)));
    maps.forEach((row, r) => {
      const largest = row.map(({ values }) => Math.max(...values));
      const ofRow = Math.max(...largest);
      const own = (scaleChoice.lastChild as HTMLSelectElement).value === "map";
      grid.largest[r].textContent = own ? "0 to each map’s largest" : `0 to ${digits(ofRow)}`;
      row.forEach(({ classId, values }, step) => {
        const { canvas, caption, cell } = grid.cells[r][step];
        drawMap(canvas, picture, values, own ? largest[step] : ofRow);
        const { logits } = answers[r][step];
        const name = classId < 0 ? "not learned yet" : classNames[classId];
        const dark = classId >= 0 && values.every((value) => value === 0) ? ", no attention" : "";
        caption.textContent = classId < 0 ? name : `${name} ${digits(sigmoid(logits[classId]))}${dark}`;
        canvas.setAttribute("aria-label", `${METHOD_NAMES[r]}, M_${step}: ${caption.textContent}`);
        canvas.dataset.values = JSON.stringify([...values]);
        canvas.dataset.score = String(logits[classId]);
        cell.classList.toggle("now", step === view.step && METHOD_NAMES[r] === view.method);
      });
      drawMap(foreground[r], picture, row[view.step].values, own ? largest[view.step] : ofRow);
    });
    slider.value = String(view.step);
    byId("film-step").textContent = `M_${view.step}`;
  }

  function mapOf(row: number, step: number): { classId: number; values: number[] } {
    const { logits, maps, mapSize } = answers[row][step];
    const pixels = mapSize * mapSize;
    const choice = view.classId < 0 && view.map === "true" ? "top" : view.map;
    const classId = classOf(choice, view.classId, logits, known[step]);
    const values = classId < 0
      ? new Array<number>(pixels).fill(0)
      : [...maps.subarray(classId * pixels, (classId + 1) * pixels)];
    return { classId, values };
  }

  function choose(method: string, step: number): void {
    [view.method, view.step] = [method, step];
    (pair[1].lastChild as HTMLSelectElement).value = modelName(view);
    showMaps();
    void showPair();
  }

  function startFilm(): void {
    play.textContent = "Stop";
    film = setInterval(() => {
      view.step = (view.step + 1) % steps.length;
      showMaps();
    }, 900);
  }

  function stopFilm(): void {
    clearInterval(film);
    film = undefined;
    play.textContent = "Play";
  }

  /** Marks one place in all maps, and says their values there. */
  function pointAt(x: number, y: number): void {
    const values = METHOD_NAMES.map((method, row) => {
      const now = steps.map((step) => {
        const { mark } = grid.cells[row][step];
        Object.assign(mark.style, { left: `${100 * x}%`, top: `${100 * y}%` });
        mark.hidden = false;
        const { values } = mapOf(row, step);
        const size = Math.sqrt(values.length);
        return digits(
          values[Math.min(size - 1, Math.floor(y * size)) * size + Math.min(size - 1, Math.floor(x * size))],
        );
      });
      return `${method}: ${now.join(", ")}`;
    });
    say(
      "place",
      `At ${Math.round(100 * x)} % from the left, ${Math.round(100 * y)} % from the top, M_0 to M_${
        steps.length - 1
      }. ${values.join("; ")}`,
    );
  }

  async function showPair(): Promise<void> {
    const [teacher, student] = pair.map((label) => keyOf((label.lastChild as HTMLSelectElement).value));
    const reply = await connection.ask({ type: "compare", picture, pair: [teacher, student] });
    if (reply.type !== "comparison") return;
    const { L_D, L_AD, cosine, topBaseClass: b } = reply.comparison;
    const [before, after] = [teacher, student].map(({ method, step }) =>
      answers[METHOD_NAMES.indexOf(method)][step].logits
    );
    const moved = cosine === 0
      ? "one of the two maps is dark: nothing in the picture speaks for the class"
      : cosine > 0.9
      ? "the attention stays where it was"
      : cosine > 0.6
      ? "the attention has moved in part"
      : "the attention is elsewhere";
    const finding = byId("sentence");
    finding.textContent =
      `From ${modelName(teacher)} to ${modelName(student)}, the score of “${classNames[b]}” goes from ` +
      `${digits(sigmoid(before[b]))} to ${digits(sigmoid(after[b]))} (logits ${digits(before[b])} and ${
        digits(after[b])
      }). ` +
      `L_D is ${digits(L_D)}, L_AD ${digits(L_AD)}, the cosine of the two maps ${digits(cosine)}: ${moved}.`;
    Object.assign(finding.dataset, {
      ld: String(L_D),
      lad: String(L_AD),
      cosine: String(cosine),
      b: String(b),
    });
    showScores([[modelName(teacher), before], [modelName(student), after]]);
  }

  function showScores(models: readonly (readonly [string, Float32Array])[]): void {
    const best = new Set(
      models.flatMap(([, logits]) => [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, 4)),
    );
    const bars = models.flatMap(([model, logits], i) =>
      [...best].filter((id) => id < logits.length).map((id) => ({
        model: `${i === 0 ? "Teacher" : "Student"}, ${model}`,
        name: classNames[id],
        score: sigmoid(logits[id]),
      }))
    );
    byId("scores").replaceChildren(chart({
      height: 40 + 24 * best.size,
      marginLeft: 110,
      x: { domain: [0, 1], label: "score (sigmoid)", grid: true },
      y: { label: null, domain: [...best].map((id) => classNames[id]) },
      fx: { label: null, domain: [...new Set(bars.map(({ model }) => model))] },
      marks: [
        Plot.barX(bars, { x: "score", y: "name", fx: "model", fill: "var(--accent)" }),
        Plot.ruleX([0]),
      ],
    }, "The highest scores of both models"));
  }

  function thumbnail(image: number): HTMLButtonElement {
    const canvas = h("canvas", { "aria-hidden": true });
    drawPicture(canvas, pictures[image]);
    const button = h("button", {
      type: "button",
      role: "radio",
      "aria-label": `Picture ${image + 1} of ${pictures.length}`,
      onclick: () => void showImage(image),
      onkeydown: (event: KeyboardEvent) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        const next = (image + by + pictures.length) % pictures.length;
        (byId("thumbnails").children[next] as HTMLElement).focus();
        void showImage(next);
      },
    }, canvas);
    return button;
  }
}

/** A chart without labels that screen readers could not place: the figure has one of its own. */
export function chart(options: Plot.PlotOptions, label: string): Element {
  const svg = Plot.plot({ width: 480, style: { background: "none" }, ...options }) as Element;
  for (const labeled of svg.querySelectorAll("g[aria-label]")) labeled.removeAttribute("aria-label");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return svg;
}

interface GridCell {
  readonly cell: HTMLTableCellElement;
  readonly canvas: HTMLCanvasElement;
  readonly caption: HTMLElement;
  readonly mark: HTMLElement;
}

function makeGrid(
  steps: readonly number[],
  onPoint: (x: number, y: number) => void,
  onChoose: (method: string, step: number) => void,
): { cells: GridCell[][]; largest: HTMLElement[] } {
  const place = { x: 0.5, y: 0.5 };
  const point = (x: number, y: number) => {
    [place.x, place.y] = [x, y].map((value) => Math.min(0.99, Math.max(0, value)));
    onPoint(place.x, place.y);
  };
  const cellOf = (method: string, step: number): GridCell => {
    const canvas = h("canvas", {
      class: "map",
      role: "button",
      tabindex: 0,
      onpointermove: (event: PointerEvent) =>
        point(event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight),
      onclick: () => onChoose(method, step),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter" || event.key === " ") onChoose(method, step);
        else if (event.key.startsWith("Arrow")) {
          const by = 1 / 16;
          point(
            place.x + by * (Number(event.key === "ArrowRight") - Number(event.key === "ArrowLeft")),
            place.y + by * (Number(event.key === "ArrowDown") - Number(event.key === "ArrowUp")),
          );
        } else return;
        event.preventDefault();
      },
    });
    const caption = h("small");
    const mark = h("i", { hidden: true });
    return {
      cell: h("td", {}, h("div", { class: "map-box" }, canvas, mark), caption),
      canvas,
      caption,
      mark,
    };
  };
  const cells = METHOD_NAMES.map((method) => steps.map((step) => cellOf(method, step)));
  const largest = METHOD_NAMES.map(() => h("small"));
  const rows = METHOD_NAMES.map((method, r) => {
    const scale = h("canvas", { role: "img", "aria-label": "Color scale" });
    drawScale(scale);
    return h(
      "tr",
      {},
      h("th", { scope: "row", class: method }, method, h("div", { class: "scale" }, scale, largest[r])),
      ...cells[r].map(({ cell }) => cell),
    );
  });
  byId("grid").replaceChildren(h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("td"), ...steps.map((step) => h("th", { scope: "col" }, `M_${step}`)))),
    h("tbody", {}, ...rows),
  ));
  return { cells, largest };
}

function makeFilm(steps: readonly number[], onStep: (step: number) => void) {
  const foreground = METHOD_NAMES.map((method) =>
    h("canvas", { role: "img", "aria-label": `${method}, the model in the foreground` })
  );
  const slider = h("input", {
    type: "range",
    "aria-label": "Model in the foreground",
    min: 0,
    max: steps.length - 1,
    oninput: () => onStep(Number(slider.value)),
  });
  const play = h("button", { type: "button" }, "Play");
  byId("film").replaceChildren(
    h(
      "div",
      { class: "controls" },
      h("label", {}, h("span", {}, "Model ", h("b", { id: "film-step" })), slider),
      play,
    ),
    h(
      "div",
      { class: "strip" },
      ...foreground.map((canvas, r) => h("figure", {}, canvas, h("figcaption", {}, METHOD_NAMES[r]))),
    ),
  );
  return { slider, play, foreground };
}

function modelNames(steps: readonly number[]): [string, string][] {
  const later = METHOD_NAMES.flatMap((method) => steps.slice(1).map((step) => modelName({ method, step })));
  return ["M_0", ...later].map((name) => [name, name]);
}

function modelName({ method, step }: { method: string; step: number }): string {
  return step === 0 ? "M_0" : `M_${step} of ${method}`;
}

function keyOf(name: string): ModelKey {
  const [model, method] = name.split(" of ");
  return { method: (method ?? "C") as ModelKey["method"], step: Number(model.slice(2)) };
}

function readAddress({ classNames, stepSizes }: Manifest): View {
  const given = new URLSearchParams(location.hash.slice(1));
  const position = classNames.indexOf(given.get("class") ?? "");
  const step = Number(given.get("model") ?? stepSizes.length - 1);
  const method = METHOD_NAMES.find((name) => name === given.get("method")) ?? "LwM";
  const map = given.get("map") ?? "true";
  return {
    classId: Math.max(0, position),
    image: Math.max(0, Math.trunc(Number(given.get("picture") ?? 1)) - 1 || 0),
    map: ["true", "top", "b"].includes(map) ? map : String(Math.max(0, classNames.indexOf(map))),
    method,
    step: stepSizes[step] === undefined ? stepSizes.length - 1 : step,
  };
}

function writeAddress({ classId, image, map, method, step }: View, { classNames }: Manifest): void {
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

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
