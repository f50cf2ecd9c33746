/**
 * The paper's telephone in the smallest network that shows it: two feature maps of 2 × 2 places, two classes.
 * Drawn as heat maps and bars, and as a form in which the dial can be moved.
 * @module
 */
import { heatColor, INK, MUTED, STUDENT_COLOR, TEACHER_COLOR } from "./kit/colors.ts";
import { htmlFigure, type InteractiveFigure } from "./kit/html.ts";
import { scoreBars } from "./score_bars.ts";
import { type GridCell, type GridRow, pictureGrid } from "./kit/overlay.ts";
import { composeFigure, element, escapeXml, type Figure, moved, text } from "./kit/svg.ts";

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

/** What two models make of their feature maps. */
export interface TwoByTwoMeasures {
  /** Scores of teacher and student: one a class. */
  readonly scores: readonly [number[], number[]];
  /** Grad-CAM maps of teacher and student for the first class. */
  readonly maps: readonly [number[], number[]];
  /** L_D with sigmoids. */
  readonly distillation: number;
  /** L_D of a student with the teacher's scores. */
  readonly leastDistillation: number;
  /** L_AD with the L1 norm. */
  readonly attentionDistillation: number;
}

/**
 * Scores, maps and losses, in plain numbers: the form computes them in the browser. The library computes the
 * same.
 *
 * It uses nothing from outside, since its text becomes part of the form.
 */
export function measureTwoByTwo({ weights, classes, teacher, student }: TwoByTwo): TwoByTwoMeasures {
  const scoresOf = (features: readonly (readonly number[])[]) =>
    classes.map((_, c) =>
      features.reduce((sum, map, k) => sum + weights[k][c] * map.reduce((a, b) => a + b) / map.length, 0)
    );
  const mapOf = (features: readonly (readonly number[])[]) =>
    features[0].map((_, place) =>
      Math.max(0, features.reduce((sum, map, k) => sum + weights[k][0] / map.length * map[place], 0))
    );
  const unit = (map: number[]) => {
    const norm = Math.hypot(...map);
    return norm === 0 ? map : map.map((value) => value / norm);
  };
  const crossEntropy = (y: number[], z: number[]) =>
    y.reduce((sum, score, c) => sum + Math.log(1 + Math.exp(z[c])) - z[c] / (1 + Math.exp(-score)), 0);
  const scores: [number[], number[]] = [scoresOf(teacher), scoresOf(student)];
  const maps: [number[], number[]] = [mapOf(teacher), mapOf(student)];
  const [Q, Q_t] = [unit(maps[0]), unit(maps[1])];
  return {
    scores,
    maps,
    distillation: crossEntropy(scores[0], scores[1]),
    leastDistillation: crossEntropy(scores[0], scores[0]),
    attentionDistillation: Q.reduce((sum, value, place) => sum + Math.abs(value - Q_t[place]), 0),
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
    const series = [{ color, scores: ofModel }];
    return {
      name,
      cells: [
        ...[teacher, student][model].map((map) => heatCell(map, strongest)),
        { picture: (side, width) => scoreBars(series, width, side, highest), caption: "", columns: 2 },
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
      row("teacher", TEACHER_COLOR, 0),
      row("student", STUDENT_COLOR, 1),
      words([...blanks, `L_{D} = ${L_D}`, `L_{AD} = ${L_AD}`], { bold: true }),
      words([...blanks, `at least ${least}`, "at most 2.83"], { color: MUTED }),
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
        color: strength > 0.7 ? INK : "#ffffff",
      });
      const square = element("rect", { width: side, height: side, fill, stroke: "white" });
      return moved((place % 2) * side, Math.floor(place / 2) * side, square, number);
    });
  return { picture: (side) => ({ svg: cells(side / 2).join(""), width: side, height: side }), caption: "" };
}

/**
 * The same as a form, in which the reader moves the first feature over the student's grid and sees which loss
 * changes.
 */
export function twoByTwoForm(example: TwoByTwo): InteractiveFigure {
  const { features, classes } = example;
  const places = ["upper left", "upper right", "lower left", "lower right"];
  const at = example.student[0].findIndex((value) => value > 0);
  const choices = places.map((place, i) =>
    `<label><input type="radio" name="place" value="${i}"${i === at ? " checked" : ""}> ${place}</label>`
  );
  const grid = (name: string) =>
    `<td><div class="grid" role="img" data-grid="${name}">${"<span></span>".repeat(4)}</div></td>`;
  const bars = (model: number, color: string) =>
    `<td>${
      classes.map((name, c) =>
        `<div class="score">${
          escapeXml(name)
        } <b data-score="${model}-${c}"></b><i data-bar="${model}-${c}" style="background:${color}"></i></div>`
      ).join("")
    }</td>`;
  const row = (name: string, model: number, color: string) =>
    `<tr><th scope="row">${name}</th>${grid(`features-${model}`)}${bars(model, color)}${
      grid(`map-${model}`)
    }</tr>`;
  const content = `<form><fieldset><legend>Where is the student's ${escapeXml(features[0])}?</legend>${
    choices.join(" ")
  }</fieldset></form>
<table><thead><tr><td></td><th scope="col">${escapeXml(features[0])}</th><th scope="col">scores</th>
<th scope="col">attention for ${escapeXml(classes[0])}</th></tr></thead>
<tbody>${row("teacher", 0, TEACHER_COLOR)}${row("student", 1, STUDENT_COLOR)}</tbody></table>
<p aria-live="polite">L<sub>D</sub> = <b data-loss="d"></b>, L<sub>AD</sub> = <b data-loss="ad"></b></p>`;
  return htmlFigure({
    content,
    style: `.grid{display:grid;grid-template-columns:3em 3em;grid-auto-rows:3em;width:6em}
.grid span{display:grid;place-items:center;border:1px solid #8886}
.score{width:14em}.score i{display:block;height:.7em}td,th{padding:.4em 1em;text-align:left}label{margin-right:1em}`,
    script: `const measure = ${measureTwoByTwo};\n(${moveTheDial})(root, data, measure);`,
    data: example,
    figure: twoByTwo(example),
  });
}

/** Runs in the browser: updates the form for the chosen place. */
function moveTheDial(root: HTMLElement, example: TwoByTwo, measure: typeof measureTwoByTwo): void {
  const find = (selector: string) => root.querySelector(selector) as HTMLElement;
  const strongest = Math.max(...example.student[0]);
  const paint = (name: string, map: readonly number[], max: number) => {
    const grid = find(`[data-grid="${name}"]`);
    map.forEach((value, place) => {
      const cell = grid.children[place] as HTMLElement;
      cell.textContent = String(Number(value.toFixed(2)));
      cell.style.background = `rgba(230, 159, 0, ${max > 0 ? value / max : 0})`;
    });
    grid.setAttribute("aria-label", map.map((value) => value.toFixed(1)).join(", "));
  };
  const update = (place: number) => {
    const moved = example.student[0].map((_, i) => i === place ? strongest : 0);
    const student = [moved, ...example.student.slice(1)];
    const { scores, maps, distillation, attentionDistillation } = measure({ ...example, student });
    const highest = Math.max(...scores[0], ...scores[1]);
    [example.teacher[0], moved].forEach((map, model) => paint(`features-${model}`, map, strongest));
    maps.forEach((map, model) => paint(`map-${model}`, map, Math.max(...maps[0])));
    scores.forEach((ofModel, model) =>
      ofModel.forEach((score, c) => {
        find(`[data-score="${model}-${c}"]`).textContent = score.toFixed(1);
        find(`[data-bar="${model}-${c}"]`).style.width = `${Math.max(0, 100 * score / highest)}%`;
      })
    );
    find('[data-loss="d"]').textContent = distillation.toFixed(3);
    find('[data-loss="ad"]').textContent = attentionDistillation.toFixed(2);
  };
  for (const input of root.querySelectorAll("input")) {
    input.addEventListener("change", () => update(Number(input.value)));
    if (input.hasAttribute("checked")) update(Number(input.value));
  }
}
