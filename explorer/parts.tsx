/**
 * Parts of all sections: controls, pictures, bars, charts, and answers of a worker.
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Method, METHODS, type Picture } from "./messages.ts";
import { percent } from "./verdict.ts";

/** A button that does no more than what `onClick` says. */
export function Button(attributes: JSX.IntrinsicElements["button"]) {
  return <button type="button" {...attributes} />;
}

/** A labeled choice among numbers or words. */
export function Choice<T extends string | number>({ label, options, value, onValue }: {
  label: string;
  options: readonly T[];
  value: T;
  onValue: (value: T) => void;
}) {
  return (
    <label>
      {label}
      <select
        aria-label={label}
        value={options.indexOf(value)}
        onChange={({ currentTarget }) => onValue(options[currentTarget.selectedIndex])}
      >
        {options.map((option, i) => <option key={option} value={i}>{option}</option>)}
      </select>
    </label>
  );
}

/** A share as a bar, with a thin line where it was before. Without a share it waits. */
export function Bar({ label, share, before }: { label: string; share?: number; before?: number }) {
  const text = share === undefined ? "…" : percent(share);
  return (
    <div
      class="bar"
      role="meter"
      aria-label={label}
      aria-valuenow={Math.round(100 * (share ?? 0))}
      aria-valuetext={text}
    >
      <span>{label}</span>
      <b>{text}</b>
      <div class="track">
        <div style={{ width: `${100 * (share ?? 0)}%` }} />
        {before !== undefined && <i style={{ left: `${100 * before}%` }} />}
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
  const [name, mark] = right === undefined ? ["", ""] : right ? ["right", "✓"] : ["wrong", "✗"];
  const role = label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": true };
  return (
    <figure class={`tile ${name}`}>
      <PictureCanvas picture={picture} {...role} />
      <figcaption>
        {mark && <b class="mark">{mark}</b>}
        {children}
      </figcaption>
    </figure>
  );
}

/** A table of words and numbers. */
export function Table({ about, head, rows }: {
  about: string;
  head: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
}) {
  return (
    <table>
      <caption>{about}</caption>
      <thead>
        <tr>{head.map((cell) => <th key={cell}>{cell}</th>)}</tr>
      </thead>
      <tbody>
        {rows.map((row, i) => <tr key={i}>{row.map((cell, k) => <td key={k}>{cell}</td>)}</tr>)}
      </tbody>
    </table>
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

/** Points of one method at one x, one for each quantity. */
export function pointsAt(x: number, method: Method, values: Readonly<Record<string, number>>): Point[] {
  return Object.entries(values).map(([what, value]) => ({ method, what, x, value }));
}

/**
 * Lines of the three methods, a panel for each quantity. One label for screen readers stands for Plot's
 * many. All are shares but the terms of a loss, such as L_C.
 */
export function Lines({ points, label, x }: { points: readonly Point[]; label: string; x: string }) {
  const draw = (home: HTMLElement, points: readonly Point[]) =>
    home.replaceChildren(Plot.plot({
      ...{ width: home.clientWidth, height: 170, marginLeft: 45, marginBottom: 35 },
      style: { fontSize: "12px" },
      x: { label: x, tickFormat: (x) => Number.isInteger(x) ? x : "" },
      y: {
        ...{ label: null, ticks: 4, grid: true },
        ...points[0].what.startsWith("L_") ? { zero: true } : { domain: [0, 1], tickFormat: percent },
      },
      marks: [
        ...METHODS.map(({ name, dash }) =>
          Plot.line(points.filter(({ method }) => method === name), {
            ...{ x: "x", y: "value", stroke: `var(--${name})`, strokeWidth: 2, strokeDasharray: dash },
            marker: true,
          })
        ),
        Plot.ruleY([0]),
      ],
    }));
  // Drawn anew only where the points are others, and each panel in a task of its own: several at once would
  // keep the page from answering.
  return useMemo(() => (
    <figure class="lines">
      <div class="panels" role="img" aria-label={label}>
        {[...Map.groupBy(points, ({ what }) => what)].map(([what, points]) => (
          <div key={what} aria-hidden>
            <h4>{what}</h4>
            <div ref={(home) => void (home && setTimeout(draw, 0, home, points))} />
          </div>
        ))}
      </div>
      <figcaption>
        {label}: {METHODS.map(({ name, title, dash }) => (
          <span key={name}>
            <i style={{ borderTop: `3px ${dash ? "dashed" : "solid"} var(--${name})` }} /> {title}&ensp;
          </span>
        ))}
      </figcaption>
    </figure>
  ), [JSON.stringify(points), label]);
}

/** A training in the plane of what was learned and what was kept. */
export interface TradePoint {
  readonly method: Method;
  readonly learningRate: number;
  readonly seed: number;
  readonly old: number;
  readonly added: number;
}

/** Small dots are trainings; large ones, their means at a rate, are joined by the rate. */
export function Trade({ points, start, told }: {
  points: readonly TradePoint[];
  start: number;
  told: boolean;
}) {
  const label = "Each dot is a training; a line joins a method’s learning rates";
  const means = [...Map.groupBy(points, ({ method, learningRate }) => `${method} ${learningRate}`).values()]
    .map((same) => ({
      ...same[0],
      n: same.length,
      added: same.reduce((sum, { added }) => sum + added, 0) / same.length,
      old: same.reduce((sum, { old }) => sum + old, 0) / same.length,
    })).toSorted((a, b) => a.learningRate - b.learningRate);
  const draw = (home: HTMLElement) => {
    const shares = { domain: [0, 1], tickFormat: percent, ticks: 5, grid: true };
    home.replaceChildren(Plot.plot({
      ...{ width: Math.min(640, home.clientWidth), height: 320, marginLeft: 50, marginBottom: 45 },
      style: { fontSize: "12px" },
      x: { ...shares, label: `right on the new${told ? ", not told" : ""} →` },
      y: { ...shares, domain: [0, 0.8], label: `↑ right on the old${told ? ", told" : ""}` },
      marks: [
        Plot.dot([0], { x: 0, y: start, symbol: "times", stroke: "currentColor", r: 5 }),
        Plot.text([0], {
          x: 0,
          y: start,
          text: ["before"],
          dx: 8,
          textAnchor: "start",
          fill: "currentColor",
        }),
        ...METHODS.map(({ name, dash }) => {
          const own = means.filter(({ method }) => method === name);
          return Plot.line([{ added: 0, old: start }, ...own], {
            ...{ x: "added", y: "old", stroke: `var(--${name})`, strokeWidth: 2, strokeDasharray: dash },
          });
        }),
        Plot.dot(points, {
          x: "added",
          y: "old",
          fill: ({ method }) => `var(--${method})`,
          r: 2.5,
          opacity: 0.6,
        }),
        Plot.dot(means, { x: "added", y: "old", fill: ({ method }) => `var(--${method})`, r: 5 }),
        Plot.text(means, {
          ...{ x: "added", y: "old", text: ({ learningRate }) => String(learningRate), dx: 9, dy: -7 },
          ...{ textAnchor: "start", fill: ({ method }) => `var(--${method})` },
        }),
      ],
    }));
  };
  return useMemo(() => (
    <figure class="lines trade" data-points={JSON.stringify(points)}>
      <h2>What was learned, and what was kept</h2>
      <div role="img" aria-label={`${label}: new across, old up`}>
        <div aria-hidden ref={(home) => void (home && setTimeout(draw, 0, home))} />
      </div>
      <figcaption>
        {label}, written beside it; large dots are means. Nearer to the upper right is better. Compare the
        lines at one place across, where all know equally much of the new. The page starts with settings that
        were chosen on its drawings, so that LwM learns more than half of the new; with others it may be
        behind. {METHODS.map(({ name, title, dash }) => (
          <span key={name}>
            <i style={{ borderTop: `3px ${dash ? "dashed" : "solid"} var(--${name})` }} /> {title}&ensp;
          </span>
        ))}
      </figcaption>
    </figure>
  ), [JSON.stringify(points), start, told]);
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
