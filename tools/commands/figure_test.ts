import assert from "node:assert/strict";
import { figure, figureNames } from "./figure.ts";

Deno.test("figure names the figures where it finds another name", () =>
  assert.rejects(figure(["frnt"]), { name: "UserError", message: /one of .*front.* but found "frnt"/ }));

Deno.test("figureNames() lists each figure once", () => {
  const names = figureNames();
  assert.ok(names.includes("ages") && names.includes("step-film"));
  assert.equal(new Set(names).size, names.length);
});
