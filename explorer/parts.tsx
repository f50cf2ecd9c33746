/**
 * Parts of both sections: controls, pictures, charts, and answers of a worker.
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { type AttentionMap, overlay } from "../lib/figures/kit/overlay.ts";
import type { Picture } from "./messages.ts";

/** A labeled choice. `options` are values, with what they are called where that is another text. */
export function Choice({ label, options, value, onValue }: {
  label: string;
  options: readonly (string | readonly [value: string, text: string])[];
  value: string;
  onValue: (value: string) => void;
}) {
  return (
    <label>
      {label}
      <select aria-label={label} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map((option) => {
          const [value, text] = typeof option === "string" ? [option, option] : option;
          return <option key={value} value={value}>{text}</option>;
        })}
      </select>
    </label>
  );
}

/** A labeled number between two ends, which are attributes as in HTML. */
export function Slider({ label, value, onValue, ...range }: {
  label: string;
  value: number;
  onValue: (value: number) => void;
} & { min?: number; max: number; step?: number }) {
  return (
    <label>
      <span>
        {label} <b>{value}</b>
      </span>
      <input
        type="range"
        aria-label={label}
        value={value}
        {...range}
        onInput={(event) => onValue(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

/** A state of several fields, and a function that changes some of them. */
export function useFields<Fields extends object>(initial: Fields) {
  return useReducer((fields: Fields, changed: Partial<Fields>) => ({ ...fields, ...changed }), initial);
}

/** A picture on a canvas; with a map, the map over it. */
export function PictureCanvas({ picture, map, max = 0, ...attributes }: {
  picture: Picture;
  map?: AttentionMap;
  /** What the last color stands for. */
  max?: number;
} & JSX.IntrinsicElements["canvas"]) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const { size, rgb } = map === undefined ? picture : overlay(picture, map, max);
    const image = new ImageData(size, size);
    image.data.forEach((_, i, data) => data[i] = i % 4 === 3 ? 255 : rgb[Math.floor(i / 4) * 3 + i % 4]);
    canvas.current!.width = canvas.current!.height = size;
    canvas.current!.getContext("2d")!.putImageData(image, 0, 0);
  }, [picture, map, max]);
  return <canvas ref={canvas} {...attributes} />;
}

/** A chart with one label for screen readers, in place of Plot's labels of its parts, which are hidden. */
export function Chart({ label, ...options }: Plot.PlotOptions & { label: string }) {
  const home = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const draw = () => Plot.plot({ width: Math.min(520, home.current!.clientWidth), ...options });
    // Each in a task of its own: several at once would keep the page from answering.
    const timer = setTimeout(() => home.current!.replaceChildren(draw()));
    return () => clearTimeout(timer);
  });
  return (
    <div role="img" aria-label={label}>
      <div ref={home} aria-hidden />
    </div>
  );
}

/**
 * The answer to a question. The answer before stays until there is a new one.
 * @param ask asked anew whenever one of `about` changes
 * @param onFail called with a sentence
 */
export function useAnswer<T>(
  ask: () => Promise<T> | undefined,
  about: readonly unknown[],
  onFail: (sentence: string) => void,
): T | undefined {
  const [answer, setAnswer] = useState<T>();
  useEffect(() => {
    let current = true;
    ask()?.then(
      (answer) => current && setAnswer(answer),
      (error: Error) => current && onFail(error.message),
    );
    return () => void (current = false);
  }, [...about]);
  return answer;
}
