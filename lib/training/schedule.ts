/**
 * The cosine schedule (Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts).
 * @param peak the learning rate at the start
 * @param iteration from 0
 * @param iterations in the whole training
 * @returns the learning rate of this iteration: from `peak` down towards 0
 */
export function cosineSchedule(peak: number, iteration: number, iterations: number): number {
  return peak * (1 + Math.cos(Math.PI * iteration / iterations)) / 2;
}
