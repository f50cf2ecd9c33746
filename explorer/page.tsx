/**
 * The explorer: starts both sections, and says what a browser lacks.
 * @module
 */
import { render } from "preact";
import { Connection } from "./connection.ts";
import { Look } from "./look.tsx";
import { fetchManifest } from "./messages.ts";
import { Train } from "./train.tsx";

/** A module of WebAssembly with one SIMD instruction, `v128.const`, in its only function. */
const SIMD = "AGFzbQEAAAABBQFgAAF7AwIBAAoWARQA/QwAAAAAAAAAAAAAAAAAAAAACw==";

async function start(): Promise<void> {
  const bytes = Uint8Array.from(atob(SIMD), (character) => character.charCodeAt(0));
  if (!globalThis.WebAssembly?.validate(bytes)) {
    throw new Error(
      "Expected a browser with WebAssembly SIMD but found one without. Use a current Firefox, Chrome, Edge or Safari.",
    );
  }
  if (!isSecureContext) {
    throw new Error(
      `Expected the page on https:// or localhost, where browsers can check its files, but found it on ${location.origin}. Open it there.`,
    );
  }
  const manifest = await fetchManifest();
  const connection = new Connection();
  render(<Look {...{ connection, manifest }} />, document.getElementById("look")!);
  render(<Train {...{ connection, manifest }} />, document.getElementById("train")!);
}

start().catch((error: Error) => document.getElementById("look")!.textContent = error.message);
