import assert from "node:assert/strict";
import type { Configuration } from "../run/schema.ts";
import { claimsTable, gainTable, judgeClaims, pairsAtEqualSettings } from "./claims.ts";
import type { RunRecord } from "./run_record.ts";
import { measuredRun } from "./run_record_fixture.ts";
import type { Claim, Study } from "./study.ts";

const CLAIM: Claim = {
  claim: "L_AD raises the accuracy.",
  question: "primary",
  first: { method: "LwM" },
  second: { method: "LwF-MC" },
  measure: "averageAccuracy",
};

const settings: Partial<Configuration> = { learningRate: 0.1, beta: 0.5 };

/** The average accuracy of LwM exceeds LwF-MC's by half of these, one a seed. */
function recordsWith(gains: readonly number[]): RunRecord[] {
  return gains.flatMap((gain, i) => [
    measuredRun({ ...settings, method: "LwM", gamma: 0.3, seed: i + 1 }, 0.4 + gain),
    measuredRun({ ...settings, method: "LwF-MC", seed: i + 1 }, 0.4),
  ]);
}

function study(records: readonly RunRecord[], ...claims: readonly Claim[]): Study {
  const configurations = records.map(({ configuration }) => configuration);
  return { name: "study", configurations, duplicates: 0, claims, figures: [], records };
}

Deno.test("judgeClaims() takes differences within seeds, and says what follows", () => {
  const [judged] = judgeClaims([study(recordsWith([0.02, 0.04, 0.06]), CLAIM)]);
  judged.differences.forEach((difference, i) =>
    assert.ok(Math.abs(difference - [0.01, 0.02, 0.03][i]) < 1e-12)
  );
  // Student's t with two degrees of freedom is 4.30, and the standard error 0.58 points: the interval holds zero.
  assert.equal(judged.verdict, "undecided");
  const [row] = claimsTable([judged]);
  assert.equal(row["mean, 95 % interval"], "+2.0 ± 2.5 points");
  assert.equal(row["difference within seeds"], "LwM − LwF-MC");
  assert.equal(row.seeds, "3 of 3 above 0");
  assert.match(String(row.bootstrap), /^\+1\.\d to \+[23]\.\d$/);
  assert.equal(judgeClaims([study(recordsWith([0.03, 0.04, 0.05]), CLAIM)])[0].verdict, "holds");
  assert.equal(judgeClaims([study(recordsWith([-0.03, -0.04, -0.05]), CLAIM)])[0].verdict, "does not hold");
});

Deno.test("judgeClaims() leaves out seeds that one of the two lacks, and claims without any pair", () => {
  const records = recordsWith([0.02, 0.04, 0.06]).slice(0, -1);
  assert.equal(judgeClaims([study(records, CLAIM)])[0].differences.length, 2);
  assert.deepEqual(judgeClaims([study(records, { ...CLAIM, second: { method: "C" } })]), []);
});

Deno.test("judgeClaims() adjusts the p values of one question over all studies, and of no other", () => {
  const one = study(recordsWith([0.03, 0.04, 0.05]), CLAIM);
  const p = (studies: Study[]) => judgeClaims(studies)[0].p!;
  const alone = p([one]);
  assert.ok(Math.abs(p([one, { ...one, name: "other" }]) - 2 * alone) < 1e-12);
  assert.equal(p([one, study(one.records, { ...CLAIM, question: "secondary" })]), alone);
});

Deno.test("judgeClaims() refuses a claim that names several settings, and takes the best where it is asked for", () => {
  const more = [1, 2].map((seed) => measuredRun({ ...settings, method: "LwM", gamma: 1, seed }, 0.3));
  const records = [...recordsWith([0.02, 0.04]), ...more];
  assert.throws(() => judgeClaims([study(records, CLAIM)]), {
    name: "UserError",
    message: /"first" of the claim .* one setting but found 2/,
  });
  const best = { ...CLAIM, first: { method: "LwM", gamma: "best" } };
  const [{ differences, difference }] = judgeClaims([study(records, best)]);
  assert.ok(differences[1] > 0);
  assert.match(difference, /^LwM, γ 0\.3 − LwF-MC/);
});

Deno.test("pairsAtEqualSettings() pairs runs that differ in L_AD alone", () => {
  const other = measuredRun({ ...settings, method: "LwM", gamma: 0.3, learningRate: 0.2 }, 0.4);
  const records = [...recordsWith([0.02, 0.04]), other];
  assert.deepEqual(
    pairsAtEqualSettings(records).map((pair) =>
      pair.map(({ configuration: { method, seed } }) => `${method} ${seed}`)
    ),
    [["LwM 1", "LwF-MC 1"], ["LwM 2", "LwF-MC 2"]],
  );
  const [row] = gainTable(records);
  assert.deepEqual([row.seeds, row["gain over LwF-MC"]], [2, "+1.5 ± 6.4 points"]);
});
