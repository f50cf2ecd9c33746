/**
 * The paper's telephone in the smallest network that shows it: two feature maps of 2 × 2 places, two classes.
 * Drawn as heat maps and bars, and as a form in which the dial can be moved.
 * @module
 */
import { scoreBars } from "./kit/chart.ts";
import { choiceOf } from "./kit/choice.ts";
import { heatColor } from "./kit/overlay.ts";
import { type GridCell, type GridRow, pictureGrid } from "./kit/picture_grid.ts";
import { composeFigure, element, type Figure, moved, PALETTE, text } from "./kit/svg.ts";

/** What {@linkcode twoByTwo} draws. Maps have four numbers: the upper row, then the lower one. */
export interface TwoByTwo {
  /** Name of each feature and what it reacts to, such as `dial`. */
  readonly features: readonly string[];
  /** Names of the classes. The maps are for the first. */
  readonly classes: readonly string[];
  /** (features, classes) weights of the head, the same in both models. */
  readonly weights: readonly (readonly number[])[];
  /** (features, 4) feature maps of the teacher. */
  readonly teacher: readonly (readonly number[])[];
  /** (features, 4) feature maps of the student. */
  readonly student: readonly (readonly number[])[];
}

/** Scores, maps and losses in plain numbers; the library computes the same with tensors. */
export function measureTwoByTwo({ weights, classes, teacher, student }: TwoByTwo) {
  const models = [teacher, student];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  // y^c = Σ_k W_{k,c} · mean(A_k), and Q = ReLU(Σ_k α_k A_k) with α_k = W_{k,c} / 4.
  const [y, z] = models.map((A) =>
    classes.map((_, c) => sum(A.map((A_k, k) => weights[k][c] * sum(A_k) / 4)))
  );
  const maps = models.map((A) =>
    A[0].map((_, place) => Math.max(0, sum(A.map((A_k, k) => weights[k][0] / 4 * A_k[place]))))
  );
  const [Q, Q_t] = maps.map((map) => map.map((value) => value / (Math.hypot(...map) || 1)));
  const crossEntropy = (student: readonly number[]) =>
    sum(student.map((score, c) => Math.log(1 + Math.exp(score)) - score / (1 + Math.exp(-y[c]))));
  return {
    /** Of teacher and student: one score a class. */
    scores: [y, z],
    /** Of teacher and student: the Grad-CAM map for the first class. */
    maps,
    /** L_D with sigmoids. */
    distillation: crossEntropy(z),
    /** L_D of a student with the teacher's scores. */
    leastDistillation: crossEntropy(y),
    /** L_AD with the L1 norm. */
    attentionDistillation: sum(Q.map((value, place) => Math.abs(value - Q_t[place]))),
  };
}

/**
 * One row a model: its feature maps, its scores and its attention for the first class; below, L_D and L_AD.
 */
export function twoByTwo(example: TwoByTwo): Figure {
  const { features, classes, teacher, student } = example;
  const { scores, maps, ...losses } = measureTwoByTwo(example);
  const strongest = Math.max(...teacher.flat(), ...student.flat());
  const brightest = Math.max(...maps.flat());
  const highest = Math.max(...scores.flat());
  const row = (name: string, color: string, model: 0 | 1): GridRow => {
    const ofModel = classes.map((className, c) => ({ className, score: scores[model][c] }));
    return {
      name,
      cells: [
        ...[teacher, student][model].map((map) => heatCell(map, strongest)),
        {
          picture: (height, width) => scoreBars(ofModel, { color, width, height, highest }),
          caption: "",
          columns: 2,
        },
        heatCell(maps[model], brightest),
      ],
    };
  };
  const words = (captions: readonly string[], style: Partial<GridCell>): GridRow => ({
    cells: captions.map((caption, i) => ({ caption, columns: i === features.length ? 2 : 1, ...style })),
  });
  const headings = features.map((name) => `feature map: ${name}`);
  const blanks = features.map(() => "");
  const L_D = losses.distillation.toFixed(3);
  const least = losses.leastDistillation.toFixed(3);
  const L_AD = losses.attentionDistillation.toFixed(2);
  const [[y, z], [Q, Q_t]] = [scores, maps].map((ofModels) =>
    ofModels.map((values) => values.map((value) => value.toFixed(1)).join(", "))
  );
  return composeFigure({
    title: `The ${features[0]} moves: the scores stay, and so does L_{D}; L_{AD} sees it`,
    body: pictureGrid([
      words([...headings, "scores", `attention: ${classes[0]}`], { bold: true }),
      row("teacher", PALETTE.teacher, 0),
      row("student", PALETTE.student, 1),
      words([...blanks, `L_{D} = ${L_D}`, `L_{AD} = ${L_AD}`], { bold: true }),
      words([...blanks, `at least ${least}`, "0 at the same place"], { color: PALETTE.muted }),
    ], 76),
    description:
      `Two models of 2 × 2 places. Scores of ${classes.join(" and ")}: teacher ${y}, student ${z}. ` +
      `Attention for ${
        classes[0]
      }: teacher ${Q}, student ${Q_t}. L_D ${L_D}, at least ${least}; L_AD ${L_AD}.`,
  });
}

function heatCell(map: readonly number[], max: number): GridCell {
  const cells = (side: number) =>
    map.map((value, place) => {
      const strength = max === 0 ? 0 : value / max;
      const fill = `rgb(${heatColor(0.9 * strength).join(",")})`;
      const number = text(side / 2, side / 2 + 4, String(Number(value.toFixed(2))), {
        anchor: "middle",
        color: strength > 0.7 ? PALETTE.ink : "#ffffff",
      });
      const square = element("rect", { width: side, height: side, fill, stroke: "white" });
      return moved((place % 2) * side, Math.floor(place / 2) * side, square, number);
    });
  return { picture: (side) => ({ svg: cells(side / 2).join(""), width: side, height: side }), caption: "" };
}

const PLACES = ["upper left", "upper right", "lower left", "lower right"];

/**
 * The same with a choice of the place of the student's first feature, so that one sees which loss changes.
 */
export function twoByTwoForm(example: TwoByTwo): Figure {
  const { features: [feature], student: [map, ...others] } = example;
  const at = map.findIndex((value) => value > 0);
  const choices = PLACES.map((name, place) => ({
    name,
    figure: twoByTwo({ ...example, student: [map.map((_, i) => i === place ? map[at] : 0), ...others] }),
  }));
  return choiceOf(`Where is the student's ${feature}?`, [choices[at], ...choices.toSpliced(at, 1)]);
}
