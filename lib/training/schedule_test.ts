import assert from "node:assert/strict";
import { cosineSchedule } from "./schedule.ts";

Deno.test("cosineSchedule() starts at the peak, passes half of it in the middle and ends near 0", () => {
  assert.equal(cosineSchedule(0.1, 0, 100), 0.1);
  assert.ok(Math.abs(cosineSchedule(0.1, 50, 100) - 0.05) < 1e-12);
  assert.ok(cosineSchedule(0.1, 99, 100) < 1e-4);
});
