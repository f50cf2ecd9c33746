/**
 * The maps of all models as a table, and those of one step in the foreground.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import { type AttentionMap, heatColor, isDark } from "../lib/figures/kit/overlay.ts";
import { type Method, METHOD_NAMES, type ModelKey, type Picture } from "./messages.ts";
import { PictureCanvas, Slider } from "./parts.tsx";
import { digits, scoreOf } from "./scores.tsx";

/** One model's map. */
export interface Cell {
  readonly view: { readonly picture: Picture; readonly map: AttentionMap; readonly max: number };
  /** The map's class, such as `telephone`; undefined where the model has not learned it. */
  readonly className?: string;
  /** Of that class. */
  readonly logit: number;
}

/** A place in all maps, from 0 to 1. */
type Place = [x: number, y: number];

interface Maps {
  /** (methods, steps) */
  readonly rows: readonly (readonly Cell[])[];
  /** The model in the foreground. */
  readonly now: ModelKey;
  readonly onChoose: (model: ModelKey) => void;
}

const HEAT = Array.from({ length: 9 }, (_, i) => `rgb(${heatColor(i / 8)})`).join();
/** How far the keys move the place. */
const KEYS: Record<string, Place> = {
  ArrowRight: [1 / 16, 0],
  ArrowLeft: [-1 / 16, 0],
  ArrowDown: [0, 1 / 16],
  ArrowUp: [0, -1 / 16],
};

/** A row for each method, a column for each step. One place is marked in all maps. */
export function Grid({ rows, now, onChoose }: Maps) {
  const [place, setPlace] = useState<Place>();
  const point = (...place: Place) =>
    setPlace(place.map((share) => Math.min(0.99, Math.max(0, share))) as Place);
  const cellOf = (cell: Cell, method: Method, step: number) => {
    const { view: { map }, className = "not learned yet", logit } = cell;
    const dark = isDark(map) ? ", dark" : "";
    const caption = `${className} ${Number.isFinite(logit) ? scoreOf(logit).toFixed(2) : ""}${dark}`;
    const value = valueAt(map, place);
    const isNow = method === now.method && step === now.step;
    return (
      <td key={step} class={isNow ? "now" : ""}>
        <button
          type="button"
          class="map"
          aria-label={`${method}, M_${step}: ${caption} ${value}`}
          aria-pressed={isNow}
          data-values={JSON.stringify(map.values)}
          data-logit={logit}
          onClick={() => onChoose({ method, step })}
          onPointerMove={({ offsetX, offsetY, currentTarget: { clientWidth } }) =>
            point(offsetX / clientWidth, offsetY / clientWidth)}
          onKeyDown={(event) => {
            const by = KEYS[event.key];
            if (by === undefined) return;
            event.preventDefault();
            const [x, y] = place ?? [0.5, 0.5];
            point(x + by[0], y + by[1]);
          }}
        >
          <PictureCanvas {...cell.view} />
          {place && <i style={{ left: `${100 * place[0]}%`, top: `${100 * place[1]}%` }} />}
        </button>
        <small>{caption}</small>
        <small>{value}</small>
      </td>
    );
  };
  return (
    <>
      <table id="grid">
        <thead>
          <tr>
            <td />
            {rows[0].map((_, step) => <th key={step} scope="col">{`M_${step}`}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              <th scope="row" style={{ color: `var(--${METHOD_NAMES[r]})` }}>
                {METHOD_NAMES[r]}
                <div style={{ height: "10px", background: `linear-gradient(to right, ${HEAT})` }} />
                <small>0 to {digits(row[0].view.max)}</small>
              </th>
              {row.map((cell, step) => cellOf(cell, METHOD_NAMES[r], step))}
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        <small>Point at a map, or use the arrow keys on it: its value there stands below each map.</small>
      </p>
    </>
  );
}

function valueAt({ size, values }: AttentionMap, place?: Place): string {
  const [column, row] = (place ?? []).map((share) => Math.floor(share * size));
  return place ? digits(values[row * size + column]) : "\u00a0";
}

/** The maps of one step, large, a slider over the steps, and a button that plays them. */
export function Film({ rows, now, onChoose }: Maps) {
  const [playing, setPlaying] = useState(false);
  const steps = rows[0].length;
  const show = (step: number) => onChoose({ method: now.method, step });
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => show((now.step + 1) % steps), 900);
    return () => clearTimeout(timer);
  }, [playing, now.step, now.method]);
  return (
    <div id="film">
      <div class="controls">
        <Slider label="Model in the foreground" value={now.step} max={steps - 1} onValue={show} />
        <button type="button" onClick={() => setPlaying(!playing)}>{playing ? "Stop" : "Play"}</button>
      </div>
      <div class="strip">
        {rows.map((row, r) => (
          <figure key={r}>
            <PictureCanvas
              role="img"
              aria-label={`${METHOD_NAMES[r]}, M_${now.step}`}
              {...row[now.step].view}
            />
            <figcaption>{METHOD_NAMES[r]}, M_{now.step}</figcaption>
          </figure>
        ))}
      </div>
    </div>
  );
}
