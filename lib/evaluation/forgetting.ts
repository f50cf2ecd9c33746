/**
 * Forgetting after the last of the given steps: for each earlier step's classes, the best accuracy they ever
 * had minus the accuracy they have now, averaged over those steps. Chaudhry et al., "Riemannian Walk for
 * Incremental Learning", ECCV 2018, arXiv 1801.10112, equation (3): f_j^T = max_{l < T} a_{l,j} − a_{T,j},
 * F_T = 1/T Σ_{j < T} f_j^T.
 *
 * @param accuracies a, one row for each step: after step l, the accuracies of the classes of steps 0 … l
 * @returns between −1 and 1, negative where later steps helped; 0 after step 0, when there is nothing to
 * forget
 */
export function forgetting(accuracies: readonly (readonly number[])[]): number {
  const now = accuracies.length - 1;
  if (now < 1) return 0;
  const lost = Array.from({ length: now }, (_, j) => {
    const before = accuracies.slice(j, now).map((row) => row[j]);
    return Math.max(...before) - accuracies[now][j];
  });
  return lost.reduce((sum, value) => sum + value, 0) / now;
}
