/**
 * "Look": one picture through the eyes of all kept models, and what all pictures say.
 * @module
 */
import type { Remote } from "comlink";
import { useState } from "preact/hooks";
import { PICTURES } from "./address.ts";
import { METHOD_NAMES, METHODS, modelName, symbol } from "./messages.ts";
import type { Answer, Manifest, Method, OwnPicture, Picture } from "./messages.ts";
import { dropTarget, Sources } from "./own.tsx";
import { Choice, Lines, percent, PictureCanvas, Tile, useAnswer } from "./parts.tsx";
import { list, type Shared } from "./teach.tsx";
import type { Api } from "./worker.ts";

/** A place in all maps, from 0 to 1. */
type Place = readonly [x: number, y: number];

/**
 * A picture, the class whose maps are asked for (-1: each network's answer), and what the networks answer.
 */
interface Shown {
  readonly picture: Picture;
  readonly asked: number;
  readonly answers: ReadonlyMap<string, Answer>;
}

/** Where the keys move the place, by a sixteenth. */
const KEYS: Record<string, Place> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** The picture of "Look", the visitor's own or one of the test pictures, and all of the class. */
export function usePicture({ connection, view: { classId, image, own } }: Shared, near: boolean) {
  const [failure, say] = useState("");
  const ask = async (api: Remote<Api>) => (
    { classId, own, pictures: await api.pictures(classId), seen: own && await api.see(own) }
  );
  const found = useAnswer(
    () => near ? connection.call(ask) : undefined,
    [classId, own, near],
    say,
  );
  const current = found?.classId === classId && found.own === own ? found : undefined;
  return { picture: current?.seen ?? current?.pictures[image], pictures: found?.pictures, failure };
}

/** The second section. */
export function Look({ near, ...shared }: Shared & { near: boolean }) {
  const { connection, manifest, view: { classId, image, own }, change } = shared;
  const { classNames, stepSizes } = manifest;
  const { picture, pictures, failure } = usePicture(shared, near);
  const [problem, onFail] = useState("");
  const asked = own ? -1 : classId;
  const shown = useAnswer(
    () =>
      picture &&
      connection.call(async (api) => ({ picture, asked, answers: await api.look(picture, asked) })),
    [picture, asked],
    onFail,
  );
  const lessons = stepSizes.length - 1;
  const message = failure || problem || (shown ? "" : "Loading the later networks …");
  const onPictures = ([own]: readonly OwnPicture[]) => change({ own });
  return (
    <>
      <h2 id="look-title">{lessons} lessons later</h2>
      <p>
        The same network then learned {lessons} times {stepSizes[1]}{" "}
        new things, in each of the three ways. Choose a picture and see where all {manifest.models.length}
        {" "}
        networks look for what it shows.
      </p>
      <div class="controls">
        <Choice
          label="What it shows"
          options={classNames.map((name, id) => [String(id), name] as const)}
          value={String(classId)}
          onValue={(value) => change({ classId: Number(value), image: 0, own: undefined })}
        />
        <div {...dropTarget({ onPictures, onFail })}>
          <span class="message">Or a picture of your own</span>
          <Sources what="your own picture" {...{ onPictures, onFail }} />
        </div>
      </div>
      <div class="thumbnails pictures" role="radiogroup" aria-label="Picture">
        {pictures?.map((one, i, { length }) => (
          <label key={i} class="thumbnail">
            <input
              type="radio"
              name="picture"
              aria-label={`Picture ${i + 1} of ${length}`}
              checked={!own && i === image}
              onChange={() => change({ image: i, own: undefined })}
            />
            <PictureCanvas picture={one} aria-hidden />
          </label>
        ))}
      </div>
      <p id="look-message" class="message" role="status">{message}</p>
      <p class="finding" id="sentence" aria-live="polite">
        {shown ? <Sentence {...{ manifest, ...shown }} /> : "…"}
      </p>
      <Maps {...{ manifest, shown }} />
      <h3>All pictures: what is kept, lesson by lesson</h3>
      <Curve manifest={manifest} />
    </>
  );
}

/** What the networks say of the picture, and how often they are right on pictures such as this. */
function Sentence({ manifest, asked, answers }: Shown & { manifest: Manifest }) {
  const { classNames, stepSizes, models } = manifest;
  const last = stepSizes.length - 1;
  const ends = stepSizes.map((_, step) => stepSizes.slice(0, step + 1).reduce((sum, size) => sum + size));
  const step = ends.findIndex((end) => asked < end);
  const names = METHODS.map(({ name }) => modelName({ method: name, step: last }));
  const answerOf = (name: string) => `“${classNames[answers.get(name)!.answer]}”`;
  const says = list(METHODS.map(({ name }, i) => `${name} says ${answerOf(names[i])}`));
  const start = symbol(0);
  const first = step === 0 ? `${start} says ${answerOf(start)}.` : `It is taught in lesson ${step}.`;
  const told = `${first} After lesson ${last}, ${says}.`;
  if (asked < 0) return <>Your picture: {told}</>;
  const rateOf = (name: string) => percent(models.find((one) => one.name === name)!.accuracy[step]);
  const rates = list(METHODS.map(({ name }, i) => `${name} on ${rateOf(names[i])}`));
  const before = step === 0
    ? `${symbol(0)} is right on ${rateOf(symbol(0))}. After lesson ${last}, `
    : "right at the end: ";
  return (
    <>
      This is a <b>{classNames[asked]}</b>. {told} Of all {PICTURES * stepSizes[step]} pictures of the{" "}
      {stepSizes[step]} things that were taught with it, {before}
      {rates}.
    </>
  );
}

/** The picture, M₀'s map, and a row of maps for each method. One place is marked in all of them. */
function Maps({ manifest: { classNames, stepSizes }, shown }: { manifest: Manifest; shown?: Shown }) {
  const [place, setPlace] = useState<Place>();
  const point = ({ target, clientX, clientY }: PointerEvent) => {
    const box = (target as Element).closest("canvas")?.getBoundingClientRect();
    if (box) setPlace([(clientX - box.left) / box.width, (clientY - box.top) / box.width]);
  };
  const move = (event: KeyboardEvent) => {
    if (event.key === "Escape") setPlace(undefined);
    const by = KEYS[event.key];
    if (!by) return;
    event.preventDefault();
    const [x, y] = (place ?? [0.5, 0.5]).map((share, i) => Math.min(0.99, Math.max(0, share + by[i] / 16)));
    setPlace([x, y]);
  };
  const cell = (method: Method, step: number) => {
    const name = modelName({ method, step });
    const answer = shown?.answers.get(name);
    const says = answer && classNames[answer.answer];
    const known = !answer || shown!.asked < answer.logits.length;
    const text = known ? says : "not taught yet";
    const right = answer && known && shown!.asked >= 0 ? says === classNames[shown!.asked] : undefined;
    const dark = answer?.map.every((value) => value === 0) ? ", looks nowhere" : "";
    return (
      <div class="cell" data-map={JSON.stringify(answer?.map)} data-logit={answer?.logits[shown!.asked]}>
        <Tile picture={answer?.heat ?? shown?.picture} right={right} label={`${name}: ${text}${dark}`}>
          {text}
        </Tile>
      </div>
    );
  };
  return (
    <div
      class={`maps ${place ? "marked" : ""}`}
      role="group"
      aria-label="Maps. The arrow keys mark one place in all of them."
      tabIndex={0}
      style={place && { "--x": place[0], "--y": place[1] }}
      onPointerDown={point}
      onPointerMove={(event) => event.pointerType === "mouse" && point(event)}
      onKeyDown={move}
    >
      <div class="first">
        <h3>{symbol(0)}: at the start</h3>
        <div class="pair">
          <div class="cell">
            <Tile picture={shown?.picture}>the picture</Tile>
          </div>
          {cell("C", 0)}
        </div>
        <p class="legend">
          <span>looks nowhere</span>
          <i />
          <span>looks here</span>
        </p>
        <small>
          Each map shows what speaks for{" "}
          {shown && shown.asked < 0 ? "the network’s answer" : "the thing in the picture"}, all on one scale.
          Point at a map, or tap it, to mark the same place in all.
        </small>
      </div>
      <div class="rows">
        {METHODS.map(({ name, title }) => (
          <div key={name} class="row" style={{ "--method": `var(--${name})` }}>
            <h3>
              {title} <small>{name}</small>
            </h3>
            {stepSizes.slice(1).map((_, i) => (
              <div key={i}>
                <small>lesson {i + 1}</small>
                {cell(name, i + 1)}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

/** All models: what they know of the start and of everything, and whether they look where M₀ looked. */
function Curve({ manifest: { models, stepSizes } }: { manifest: Manifest }) {
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b);
  const points = METHOD_NAMES.flatMap((method) =>
    stepSizes.flatMap((_, x) => {
      const { accuracy, attention } = models.find(({ name }) => name === modelName({ method, step: x }))!;
      const all = sum(accuracy.map((share, i) => share * stepSizes[i])) / sum(stepSizes.slice(0, x + 1));
      const values = { "the first things": accuracy[0], "everything so far": all, attention };
      return Object.entries(values).map(([what, value]) => ({ method, x, value, what }));
    })
  );
  const label = "Right answers, and mean cosine between the maps now and at the start, after each lesson";
  return <Lines {...{ points, label }} x={{ label: "lesson" }} y={{ domain: [0, 1], tickFormat: percent }} />;
}
