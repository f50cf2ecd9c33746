/**
 * The explorer: starts both sections, and says what a browser lacks.
 * @module
 */
import { fetchManifest } from "./assets.ts";
import { Connection, say } from "./dom.ts";
import { Look } from "./look.ts";
import type { Picture } from "./messages.ts";
import { startTrain } from "./train.ts";

/** A module of WebAssembly with one SIMD instruction, `v128.const`, in its only function. */
const SIMD = Uint8Array.from(
  atob("AGFzbQEAAAABBQFgAAF7AwIBAAoWARQA/QwAAAAAAAAAAAAAAAAAAAAACw=="),
  (character) => character.charCodeAt(0),
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
  await new Look(connection, manifest).start();
}

start().catch((error) => say("look-message", error instanceof Error ? error.message : String(error)));
