/**
 * One process of `deno task bench`: measures what its argument, a `WorkerOrder` in JSON, names, and prints each result as a
 * line of JSON, `[job, result]`.
 * @module
 */
import { work } from "./bench_jobs.ts";

if (import.meta.main) {
  await work(JSON.parse(Deno.args[0]), (job, result) => console.log(JSON.stringify([job, result])));
  Deno.exit(0); // a WebGPU device keeps a process alive
}
