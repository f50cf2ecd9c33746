/**
 * Parts of all sections: controls, pictures, bars, charts, and answers of a worker.
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Method, METHODS, type Picture } from "./messages.ts";

/** A share as whole percent. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Two digits, or more where a number is small. */
export function digits(value: number): string {
  return Math.abs(value) >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** A button that does no more than what `onClick` says. */
export function Button(attributes: JSX.IntrinsicElements["button"]) {
  return <button type="button" {...attributes} />;
}

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
      {`${label}: ${value}`}
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

/** A share as a bar, with a thin line where it was before. */
export function Bar({ label, share = 0, before = 0, text }: {
  label: string;
  share?: number;
  before?: number;
  text: (share: number) => string;
}) {
  const value = { "aria-valuenow": Math.round(100 * share), "aria-valuetext": text(share) };
  return (
    <div class="bar" role="meter" aria-label={label} {...value}>
      <span>{label}</span>
      <b>{text(share)}</b>
      <div class="track">
        <div style={{ width: `${100 * share}%` }} />
        <i style={{ left: `${100 * before}%` }} />
      </div>
    </div>
  );
}

/** A picture on a canvas; before there is one, its place. */
export function PictureCanvas({ picture, ...rest }: JSX.IntrinsicElements["canvas"] & { picture?: Picture }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (!picture) return;
    const { size, rgb } = picture;
    const image = new ImageData(size, size);
    for (let i = 0, from = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : rgb[from++];
    canvas.current!.width = canvas.current!.height = size;
    canvas.current!.getContext("2d")!.putImageData(image, 0, 0);
  }, [picture]);
  return <canvas ref={canvas} width={32} height={32} {...rest} />;
}

/** A picture with a caption; `right` decides its mark. */
export function Tile({ picture, right, label, children }: {
  picture?: Picture;
  right?: boolean;
  label?: string;
  children?: ComponentChildren;
}) {
  const [name, mark] = right === undefined ? ["", ""] : right ? ["right", "✓ "] : ["wrong", "✗ "];
  const role = label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": true };
  return (
    <figure class={`tile ${name}`}>
      <PictureCanvas picture={picture} {...role} />
      <figcaption>{mark}{children}</figcaption>
    </figure>
  );
}

/** A number of one method. */
export interface Point {
  readonly method: Method;
  /** The panel. */
  readonly what: string;
  readonly x: number;
  readonly value: number;
}

/**
 * Lines of the three methods, a panel for each quantity. One label for screen readers stands for Plot's
 * many.
 */
export function Lines(
  { points, x, label, ...options }: Plot.PlotOptions & { points: Point[]; label: string },
) {
  const home = useRef<HTMLDivElement>(null);
  const stroke = ({ method }: Point) => `var(--${method})`;
  const draw = () => {
    const line = {
      x: "x",
      y: "value",
      fy: "what",
      z: "method",
      stroke,
      strokeWidth: 2,
      marker: points.length < 60,
    };
    return Plot.plot({
      width: Math.min(520, home.current!.clientWidth),
      ...{ marginLeft: 45, marginRight: 125, height: 380, ...options },
      color: { type: "identity" },
      x: { tickFormat: (x) => Number.isInteger(x) ? x : "", ...x },
      y: { label: null, ticks: 4, grid: true, ...options.y },
      fy: { label: null, domain: [...new Set(points.map(({ what }) => what))] },
      marks: [Plot.line(points, line), Plot.ruleY([0])],
    });
  };
  useEffect(() => {
    // Each in a task of its own: several at once would keep the page from answering.
    const timer = setTimeout(() => home.current!.replaceChildren(draw()));
    return () => clearTimeout(timer);
  });
  return (
    <figure>
      <div role="img" aria-label={label}>
        <div ref={home} aria-hidden />
      </div>
      <figcaption>
        {label}.{" "}
        {METHODS.map(({ name, title }) => (
          <b key={name} style={{ color: `var(--${name})` }}>■ {title} ({name})&ensp;</b>
        ))}
      </figcaption>
    </figure>
  );
}

/**
 * The answer to a question. The answer before stays until there is a new one.
 * @param ask asked anew whenever one of `about` changes
 * @param onFail called with a sentence; with none where an answer came
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
      (answer) => {
        if (!current) return;
        setAnswer(answer);
        onFail("");
      },
      (error: Error) => current && onFail(error.message),
    );
    return () => void (current = false);
  }, [...about]);
  return answer;
}
