import assert from "node:assert/strict";
import { docProblems } from "./check_docs.ts";

const REPORT = `error[missing-jsdoc]: exported symbol is missing JSDoc documentation
  --> /lwm/lib/random.ts:25:17
   | 
25 | export function randomStream(): void {
   |                 ^


error[private-type-ref]: public type 'loss' references private type 'Tensor2D'
   --> /lwm/lib/losses/loss.ts:23:1
    | 
 23 | export function loss(
    | ^


error[private-type-ref]: public type 'loss' references private type 'Hidden'
  --> /lwm/lib/losses/loss.ts:23:1


error: Found 3 documentation lint errors.
`;

Deno.test("docProblems() reports what is ours, not the types of a package", () => {
  const source =
    'import type { Tensor2D } from "@tensorflow/tfjs";\ninterface Hidden {}\nexport function loss() {}';
  assert.deepEqual(docProblems(REPORT, () => source), [
    "/lwm/lib/random.ts:25: exported symbol is missing JSDoc documentation",
    "/lwm/lib/losses/loss.ts:23: public type 'loss' references private type 'Hidden'",
  ]);
  assert.deepEqual(docProblems("Checked 3 files", () => source), []);
});
