/**
 * "Look": one picture through the eyes of all models.
 * @module
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import { topColumns } from "../lib/evaluation/scores.ts";
import { unitMap } from "../lib/figures/kit/overlay.ts";
import { type Address, readAddress, writeAddress } from "./address.ts";
import type { Connection } from "./connection.ts";
import { type Cell, Film, Grid } from "./maps.tsx";
import { allModels, type Answer, type Manifest, METHOD_NAMES, modelName, type Picture } from "./messages.ts";
import { OwnPicture } from "./own_picture.tsx";
import { Choice, PictureCanvas, useAnswer, useFields } from "./parts.tsx";
import { Scores } from "./scores.tsx";

/** The first part of the page. */
export function Look({ connection, manifest }: { connection: Connection; manifest: Manifest }) {
  const { classNames } = manifest;
  const [view, change] = useFields<Address & { scale: string; own?: Picture }>({
    ...readAddress(manifest),
    scale: "unit",
  });
  const [failure, say] = useState("");
  const { classId, image, map, scale, own, teacher } = view;
  const models = allModels(manifest);
  const names = models.map(modelName);
  const student = modelName(view);

  useEffect(() => {
    const follow = () => change(readAddress(manifest));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => writeAddress(view, manifest), [view]);

  const found = useAnswer(
    () => connection.call(async (worker) => ({ classId, pictures: await worker.pictures(classId) })),
    [classId],
    say,
  );
  const chosen = found?.pictures[Math.min(image, found.pictures.length - 1)];
  const picture = classId < 0 ? own : found?.classId === classId ? chosen : undefined;
  const waiting = classId < 0 && !own;
  const shown = useAnswer(
    () =>
      picture &&
      connection.call(async (worker) => ({ picture, classId, answers: await worker.look(picture) })),
    [picture],
    say,
  );
  const pair = [models[names.indexOf(teacher)], view] as const;
  const comparison = useAnswer(
    () => picture && connection.call((worker) => worker.compare(picture, pair)),
    [picture, teacher, student],
    say,
  );
  useEffect(() => say(""), [shown, waiting]);
  const rows = useMemo(
    () => shown && rowsOf(shown, { map, scale }, manifest),
    [shown, map, scale],
  );

  const classes = classNames.map((name, id) => [String(id), name] as const);
  const ask = "Drop a picture above, choose a file, or draw one and look at it.";
  const message = failure || (waiting ? ask : shown ? "" : "Loading thirteen networks …");
  const maps = !waiting && rows && { rows, now: view, onChoose: change };
  return (
    <>
      <div class="controls">
        <Choice
          label="Class"
          options={[...classes, ["-1", "(your own picture)"]]}
          value={String(classId)}
          onValue={(value) => change({ classId: Number(value), image: 0 })}
        />
        <Choice
          label="Attention for"
          options={[
            ["true", "the picture's class"],
            ["top", "each model's top class"],
            ["b", "b, its top base class"],
            ...classes,
          ]}
          value={map}
          onValue={(map) => change({ map })}
        />
        <Choice
          label="Scale"
          options={[["unit", "of Q/‖Q‖₂, as in L_AD"], ["raw", "of Q, as Grad-CAM gives it"]]}
          value={scale}
          onValue={(scale) => change({ scale })}
        />
      </div>
      <div class="thumbnails" role="radiogroup" aria-label="Picture">
        {found?.pictures.map((one, i, { length }) => (
          <label key={i}>
            <input
              type="radio"
              name="picture"
              aria-label={`Picture ${i + 1} of ${length}`}
              checked={one === chosen}
              onChange={() => change({ image: i })}
            />
            <PictureCanvas picture={one} aria-hidden />
          </label>
        ))}
      </div>
      <OwnPicture open={classId < 0} onPicture={(own) => change({ classId: -1, own })} onFail={say} />
      <p id="look-message" class="message" role="status">{message}</p>
      {maps && <Film {...maps} />}
      {maps && <Grid {...maps} />}
      {!waiting && (
        <>
          <h3>Two models on this picture</h3>
          <div class="controls">
            <Choice
              label="Teacher"
              options={names}
              value={teacher}
              onValue={(teacher) => change({ teacher })}
            />
            <Choice
              label="Student"
              options={names}
              value={student}
              onValue={(name) => change(models[names.indexOf(name)])}
            />
          </div>
          {comparison && <Scores {...{ comparison, classNames }} />}
        </>
      )}
    </>
  );
}

/** The class of a model's map; the model may not know it. `known` is how many its teacher knows. */
function classOf(map: string, classId: number, logits: Float32Array, known: number): number {
  if (map === "b") return topColumns(logits.subarray(0, known), 1)[0];
  if (map === "top" || (map === "true" && classId < 0)) return topColumns(logits, 1)[0];
  return map === "true" ? classId : Number(map);
}

/** The cells of all models. */
function rowsOf(
  { picture, answers, classId }: { picture: Picture; answers: ReadonlyMap<string, Answer>; classId: number },
  { map: choice, scale }: { map: string; scale: string },
  { classNames, stepSizes }: Manifest,
): Cell[][] {
  return METHOD_NAMES.map((method) => {
    const cells = stepSizes.map((_, step) => {
      const { logits, maps, mapSize: size } = answers.get(modelName({ method, step }))!;
      const known = stepSizes.slice(0, Math.max(1, step)).reduce((a, b) => a + b);
      const id = classOf(choice, classId, logits, known);
      const pixels = size * size;
      const values = id < logits.length
        ? maps.subarray(id * pixels, (id + 1) * pixels)
        : new Float32Array(pixels);
      const map = { size, values: [...values] };
      const className = id < logits.length ? classNames[id] : undefined;
      return { map: scale === "unit" ? unitMap(map) : map, className, logit: logits[id] };
    });
    const max = Math.max(...cells.flatMap(({ map }) => Array.from(map.values)));
    return cells.map(({ map, ...cell }) => ({ ...cell, view: { picture, map, max } }));
  });
}
