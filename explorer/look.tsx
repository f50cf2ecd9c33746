/**
 * "Look": one picture through the eyes of all kept models, and what all pictures say.
 * @module
 */
import type { Remote } from "comlink";
import { useState } from "preact/hooks";
import { PICTURES } from "./address.ts";
import { METHOD_NAMES, METHODS, modelName } from "./messages.ts";
import type { Answer, Manifest, Method, ModelKey, OwnPicture, Picture } from "./messages.ts";
import { dropTarget, Sources } from "./own.tsx";
import { Bar, Lines, PictureCanvas, Tile, useAnswer } from "./parts.tsx";
import type { Shared } from "./teach.tsx";
import { knownBy, list, meaningOf, percent, quoted } from "./verdict.ts";
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

/** The second section. */
export function Look({ near, connection, manifest, view, change }: Shared & { near: boolean }) {
  const { classId, image, own } = view;
  const { classNames, stepSizes, models } = manifest;
  const [failure, say] = useState("");
  const [problem, onFail] = useState("");
  const ask = async (api: Remote<Api>) => (
    { classId, own, pictures: await api.pictures(classId), seen: own && await api.see(own) }
  );
  const found = useAnswer(() => near ? connection.call(ask) : undefined, [classId, own, near], say);
  const current = found?.classId === classId && found.own === own ? found : undefined;
  const picture = current?.seen ?? current?.pictures[image];
  const asked = own ? -1 : classId;
  const shown = useAnswer(
    () =>
      picture &&
      connection.call(async (api) => ({ picture, asked, answers: await api.look(picture, asked) })),
    [picture, asked],
    onFail,
  );
  const lessons = stepSizes.length - 1;
  const runs = document.querySelector<HTMLMetaElement>("meta[name=runs]")!.content;
  const [meaning, more] = meaningOf(manifest, JSON.parse(runs));
  const message = failure || problem || (shown ? "" : "Loading the later networks …");
  const onPictures = ([own]: readonly OwnPicture[]) => change({ own });
  return (
    <>
      <h2 id="look-title">{lessons} lessons later</h2>
      <p>
        The same network then learned {lessons} times {stepSizes[1]} new things, in each of the three ways.
      </p>
      <p class="finding">
        <b>{meaning}</b> {more}
      </p>
      <Curves manifest={manifest} />
      <h3>One picture, through the eyes of {models.length} networks</h3>
      <p class="message">
        One is the network at the start, the others are what it became: {METHODS.length} ways, {lessons}{" "}
        lessons.
      </p>
      <div class="controls">
        <label>
          What it shows
          <select
            value={classId}
            onChange={({ currentTarget }) =>
              change({ classId: Number(currentTarget.value), image: 0, own: undefined })}
          >
            {classNames.map((name, id) => <option key={id} value={id}>{name}</option>)}
          </select>
        </label>
        <div {...dropTarget({ onPictures, onFail })}>
          <span class="message">Or a picture of your own</span>
          <Sources what="your own picture" {...{ onPictures, onFail }} />
        </div>
      </div>
      <div class="thumbnails pictures" role="radiogroup" aria-label="Picture">
        {found?.pictures.map((one, i, { length }) => (
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
    </>
  );
}

/** What the networks say of the picture, and how often they are right on pictures such as this. */
function Sentence({ manifest, asked, answers }: Shown & { manifest: Manifest }) {
  const { classNames, stepSizes, models } = manifest;
  const last = stepSizes.length - 1;
  const ends = stepSizes.map((_, step) => stepSizes.slice(0, step + 1).reduce((sum, size) => sum + size));
  const step = ends.findIndex((end) => asked < end);
  const names = METHOD_NAMES.map((method) => modelName({ method, step: last }));
  const start = models[0].name;
  const answerOf = (name: string) => `“${classNames[answers.get(name)!.answer]}”`;
  const says = list(names.map((name, i) => `${quoted(i)} says ${answerOf(name)}`));
  const first = step === 0
    ? `At the start, the network says ${answerOf(start)}.`
    : `It is taught in lesson ${step}.`;
  const told = `${first} After lesson ${last}, ${says}.`;
  if (asked < 0) return <>Your picture: {told}</>;
  const rateOf = (name: string) => percent(models.find((one) => one.name === name)!.accuracy[step]);
  return (
    <>
      This is a <b>{classNames[asked]}</b>. {told} Of all {PICTURES * stepSizes[step]} pictures of the{" "}
      {stepSizes[step]} things that were taught with it,{" "}
      {step === 0 && `${rateOf(start)} were right at the start; `}
      after lesson {last}, the three are right on {list(names.map(rateOf))}.
    </>
  );
}

/** The picture, M_0's map, and a row of maps for each method. One place is marked in all of them. */
function Maps({ manifest: { classNames, stepSizes }, shown }: { manifest: Manifest; shown?: Shown }) {
  const [place, setPlace] = useState<Place>();
  const last = stepSizes.length - 1;
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
  const cell = (where: string, key: ModelKey) => {
    const answer = shown?.answers.get(modelName(key));
    const says = answer && classNames[answer.answer];
    const known = !answer || shown!.asked < answer.scores.length;
    const text = known ? says : "not taught yet";
    const right = answer && known && shown!.asked >= 0 ? says === classNames[shown!.asked] : undefined;
    const dark = answer?.map.every((value) => value === 0) ? ", looks nowhere" : "";
    return (
      <div class="cell" data-map={JSON.stringify(answer?.map)}>
        <Tile picture={answer?.heat ?? shown?.picture} right={right} label={`${where}: ${text}${dark}`}>
          {text}
        </Tile>
      </div>
    );
  };
  /** The last network's scores for the picture's class and for its answer, with those at the start. */
  const scores = (method: Method) => {
    const [start, end] = [0, last].map((step) => shown?.answers.get(modelName({ method, step })));
    if (!start || !end) return;
    const classIds = new Set([shown!.asked < 0 ? start.answer : shown!.asked, end.answer]);
    return [...classIds].map((id) => (
      <Bar key={id} label={classNames[id]} share={end.scores[id]} before={start.scores[id]} />
    ));
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
        <h3>At the start</h3>
        <div class="pair">
          <div class="cell">
            <Tile picture={shown?.picture}>the picture</Tile>
          </div>
          {cell("At the start", { method: "C", step: 0 })}
        </div>
        <p class="legend">
          <span>looks nowhere</span>
          <i />
          <span>looks here</span>
        </p>
        <small>
          Each map shows what speaks for{" "}
          {shown && shown.asked < 0 ? "the network’s answer" : "the thing in the picture"}; it may lie beside
          the thing. All have one scale. Point at a map, or tap it, to mark the same place in all.
        </small>
      </div>
      <div class="rows">
        {METHODS.map(({ name, title }) => (
          <div key={name} class="row" style={{ "--method": `var(--${name})` }}>
            <h3>{title}</h3>
            {stepSizes.slice(1).map((_, i) => (
              <div key={i}>
                <small>lesson {i + 1}</small>
                {cell(`${title}, lesson ${i + 1}`, { method: name, step: i + 1 })}
              </div>
            ))}
            <div class="scores">
              <small>scores after lesson {last}, and at the start (lines)</small>
              {scores(name)}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

/** All models: what they know of the start and of everything, and whether they look where M_0 looked. */
function Curves({ manifest }: { manifest: Manifest }) {
  const points = METHOD_NAMES.flatMap((method) =>
    manifest.stepSizes.flatMap((_, step) => {
      const { first, all, attention } = knownBy(manifest, { method, step });
      const values = {
        "the first things": first,
        "everything so far": all,
        "looks where it looked": attention,
      };
      return Object.entries(values).map(([what, value]) => ({ method, x: step, value, what }));
    })
  );
  return <Lines {...{ points }} label="After each lesson, on all test pictures" x="lesson" />;
}
