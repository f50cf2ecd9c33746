/** What becomes of the same images, step after step, in each method. @module */
import { type MethodName, methodNamed } from "../training/method.ts";
import { filmOf } from "./kit/choice.ts";
import { type AttentionMap, largestValue } from "./kit/overlay.ts";
import {
  type GridRow,
  heatLegend,
  imageCell,
  type LabeledPicture,
  mapCell,
  pictureGrid,
} from "./kit/picture_grid.ts";
import { composeFigure, type DatasetOrigin, type Figure, PALETTE, stacked, unicodeText } from "./kit/svg.ts";

/** One model and one image. */
export interface FilmCell {
  /** The class with the highest score of all that the model knows. */
  readonly answer: string;
  /** The map for the image's own class. */
  readonly map: AttentionMap;
}

/** What {@linkcode stepFilm} draws. */
export interface StepFilm extends DatasetOrigin {
  /** One column each. */
  readonly images: readonly LabeledPicture[];
  /** One row each: for each model M_0, M_1, … a cell for each image. */
  readonly rows: readonly {
    readonly method: MethodName;
    readonly models: readonly (readonly FilmCell[])[];
  }[];
}

/** A slider for the step; rows are methods, columns images. */
export function stepFilm({ dataset, images, rows }: StepFilm): Figure {
  const tops = images.map((_, i) =>
    largestValue([rows[0].models[0][i].map]) || largestValue(rows.map(({ models }) => models[0][i].map))
  );
  const frames = rows[0].models.map((_, t) => {
    const lines = rows.map(({ method, models }): GridRow => ({
      name: method,
      color: methodNamed(method).color,
      cells: models[t].map(({ answer, map }, i) => {
        const { image, label } = images[i];
        const color = answer === label ? PALETTE.green : PALETTE.vermilion;
        const says = `${answer === label ? "✓" : "✗"} ${answer}`;
        return mapCell(image, map, tops[i], says, `${method}, M_${t}, ${label}`, color);
      }),
    }));
    const said = lines.map(({ name, cells }) => `${name} ${cells.map(({ caption }) => caption).join(", ")}`);
    const figure = composeFigure({
      title: `M_{${t}}: what each method answers to images of the base classes, and where it looks`,
      subtitle: `${dataset}; ${
        t === 0 ? "all methods share this model" : `after ${t} of ${rows[0].models.length - 1} increments`
      }; attention for the image's own class`,
      body: stacked([
        pictureGrid([{ name: "image", cells: images.map((one) => imageCell(one)) }, ...lines], 84),
        heatLegend("no attention", "the peak of M_{0}'s map, and more"),
      ], 6),
      notes: [
        "✓ is right among all classes seen so far. Each map is divided by its 2-norm; one color scale an image.",
      ],
      description: `Images of ${images.map(({ label }) => label).join(", ")}. M_${t} answers: ${
        said.join("; ")
      }.`,
    });
    return { name: unicodeText(`M_{${t}}`), figure };
  });
  return filmOf("Step", frames);
}
