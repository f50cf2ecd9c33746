import assert from "node:assert/strict";
import { methodOverview } from "./method_overview.ts";
import { IMAGE, inspect, spot } from "./testdata/drawn.ts";

Deno.test("methodOverview() shows teacher, student, both maps and the three losses", async () => {
  const figure = methodOverview({
    image: IMAGE,
    label: "violin",
    topBaseClass: "guitar",
    teacher: { baseScores: [0.1, 0.7, 0.2], map: spot(5) },
    student: { baseScores: [0.2, 0.6, 0.1], newScores: [0.1, 0.9], map: spot(5, 2) },
  });
  const drawn = await inspect(figure);
  for (const text of ["teacher Mt−1", "student Mt", "LC", "LD", "LAD", "violin", "Qt−1I,b", "QtI,b", "b"]) {
    assert.ok(drawn.texts.includes(text), text);
  }
  assert.ok(drawn.texts.some((text) => text.includes("guitar")));
  const maps = drawn.images(/^attention map/);
  assert.equal(maps.length, 2);
  assert.equal(maps[0], maps[1]); // one scale, divided by their norms
});
