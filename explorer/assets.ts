/**
 * Reads what the built folder holds. Every address is relative to the page, so the folder works under any path.
 * @module
 */
import type { Manifest } from "./messages.ts";

/** A file of the built folder. @throws {Error} where it cannot be fetched */
export async function fetchAsset(file: string): Promise<Response> {
  const response = await fetch(file).catch(() => null);
  if (response?.ok) return response;
  const found = response === null ? "no answer" : `status ${response.status}`;
  throw new Error(`Expected the file ${file} beside the page but found ${found}. Build the page again.`);
}

/** The classes, steps and settings of the models. */
export async function fetchManifest(): Promise<Manifest> {
  return await (await fetchAsset("manifest.json")).json();
}

/** The rendered drawings, (artists, classes, 64, 64, 4) bytes; compressed to a tenth in the folder. */
export async function fetchDrawings(): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = await fetchAsset("drawings.gz");
  const pixels = body!.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(pixels).arrayBuffer());
}
