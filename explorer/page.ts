/**
 * The explorer: starts both sections, and says what a browser lacks.
 * @module
 */
import { fetchManifest } from "./assets.ts";
import { Connection, say } from "./dom.ts";
import { startLook } from "./look.ts";
import type { Picture } from "./messages.ts";
import { startTrain } from "./train.ts";

/** A module with one SIMD instruction, `v128.const`, in its only function. */
const SIMD = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  22,
  1,
  20,
  0,
  253,
  12,
  ...new Array(16).fill(0),
  11,
);

async function start(): Promise<void> {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD)) {
    throw new Error(
      "Expected a browser with WebAssembly SIMD but found one without. Use a current Firefox, Chrome, Edge or Safari.",
    );
  }
  const connection = new Connection();
  const manifest = await fetchManifest();
  const first = await connection.ask({ type: "pictures", classId: 0 });
  const telephone = (first as { pictures: readonly Picture[] }).pictures[0];
  startTrain(manifest, telephone);
  await startLook(connection, manifest);
}

start().catch((error) => say("look-message", error instanceof Error ? error.message : String(error)));
