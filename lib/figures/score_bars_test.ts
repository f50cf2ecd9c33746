import assert from "node:assert/strict";
import { composeFigure } from "./kit/svg.ts";
import { scoreBars } from "./score_bars.ts";
import { inspect } from "./testdata/drawn.ts";

Deno.test("scoreBars() draws a bar for each score of each series, and labels classes and scores", async () => {
  const classes = ["telephone", "a-name-much-too-long-for-any-chart"];
  const body = scoreBars(
    [
      { color: "#111111", scores: classes.map((className, i) => ({ className, score: [0.8, 0.1][i] })) },
      { color: "#eeeeee", scores: classes.map((className, i) => ({ className, score: [0.4, 0.2][i] })) },
    ],
    200,
    60,
  );
  const drawn = await inspect(
    composeFigure({ title: "Bars", body, description: "Four bars of two models." }),
  );
  assert.equal(drawn.count('[aria-label="bar"] rect'), 4);
  for (const label of ["telephone", "0.80", "0.10", "0.40", "0.20"]) assert.ok(drawn.texts.includes(label));
  assert.ok(drawn.texts.some((text) => text.startsWith("a-name") && text.endsWith("…")));
  // 0.8 is twice 0.4, in the same scale.
  const widths = [...body.svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  assert.ok(Math.abs(Math.max(...widths) - 2 * widths[2]) < 0.1);
});
