/**
 * "Look": one picture through the eyes of all kept models, and what all pictures say.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import curve from "../figures/accuracy-curve.json" with { type: "json" };
import { PICTURES } from "./address.ts";
import { METHOD_NAMES, METHODS, modelName } from "./messages.ts";
import type { Manifest, ModelKey, OwnPicture, Shown } from "./messages.ts";
import { dropTarget, Sources } from "./own.tsx";
import { Choice, Lines, PictureCanvas, pointsAt, Table, Tile, useAnswer } from "./parts.tsx";
import type { Shared } from "./teach.tsx";
import { knownBy, list, meaningOf, percent, quoted } from "./verdict.ts";

/** A place in all maps, from 0 to 1. */
type Place = readonly [x: number, y: number];

/** Where the keys move the place, by a sixteenth. */
const KEYS: Record<string, Place> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** The second section. */
export function Look({ connection, manifest, view, change }: Shared) {
  const { classId, image, own } = view;
  const { classNames, stepSizes, models } = manifest;
  const [failure, say] = useState("");
  const [near, setNear] = useState(false);
  useEffect(() => {
    // The later networks are fetched when someone comes near them.
    const see = ([{ isIntersecting }]: IntersectionObserverEntry[]) => isIntersecting && setNear(true);
    new IntersectionObserver(see, { rootMargin: "300px" }).observe(document.getElementById("look")!);
  }, []);
  const ask = () => near ? connection.call((api) => api.look(classId, image, own)) : undefined;
  const shown = useAnswer(ask, [near, classId, image, own], say);
  const lessons = stepSizes.length - 1;
  const points = METHOD_NAMES.flatMap((method) =>
    stepSizes.flatMap((_, step) => {
      const { first, all, attention } = knownBy(manifest, { method, step });
      const values = { "the first things": first, "everything so far": all };
      return pointsAt(step, method, { ...values, "looks where it looked": attention });
    })
  );
  const [meaning, more] = meaningOf(manifest, curve.runs);
  const message = failure || (shown ? "" : "Loading the later networks …");
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
      <Lines {...{ points }} label="After each lesson, on all test pictures" x="lesson" />
      <h3>One picture, through the eyes of {models.length} networks</h3>
      <div class="controls">
        <Choice
          label="What it shows"
          options={classNames}
          value={classNames[classId]}
          onValue={(name) => change({ classId: classNames.indexOf(name), image: 0, own: undefined })}
        />
        <div {...dropTarget({ onPictures, onFail: say })}>
          <span class="message">Or a picture of your own</span>
          <Sources what="your own picture" {...{ onPictures, onFail: say }} />
        </div>
      </div>
      <div class="thumbnails pictures" role="radiogroup" aria-label="Picture">
        {shown?.pictures.map((one, i, { length }) => (
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
      <details>
        <summary>For the curious: two networks in numbers</summary>
        <Table
          about="Each network against the one at the start (M0), on this picture: its answer, how sure it is, the cosine of the two maps, and the terms of the loss between the two."
          head={["network", "answer", "sure", "cosine", "L_D", "L_AD"]}
          rows={[...shown?.answers ?? []].map(([name, { answer, scores, cosine, L_D, L_AD }]) => [
            ...[name, classNames[answer], percent(scores[answer])],
            ...[cosine, L_D, L_AD].map((value) => value.toFixed(2)),
          ])}
        />
      </details>
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
  useEffect(() => setPlace(undefined), [shown?.picture]);
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
          {shown && shown.asked < 0
            ? "Bright places speak for the network’s answer."
            : "Bright places speak for the thing in the picture, also where the answer is another; in the lesson above, they speak for the answer."}
          {" "}
          All maps have one scale. Point at one, or tap it, to mark the same place in all.
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
          </div>
        ))}
      </div>
    </div>
  );
}
