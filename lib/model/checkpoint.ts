/**
 * A model as the bytes of a safetensors file: weights, statistics and class names. Reading and writing files
 * is left to the caller, so that this also works in a browser.
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import { ResNet } from "./resnet.ts";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "./safetensors.ts";

/** The digest stands first in the header, and covers the whole file with zeros in its own place. */
const BEFORE_DIGEST = '{"__metadata__":{"digest":"';
const DIGEST_AT = 8 + BEFORE_DIGEST.length;
const DIGEST_LENGTH = 64;

/** Metadata of a checkpoint, beside the tensors of the model. */
export interface CheckpointNotes {
  /** Tensors beside the model's own, such as the optimizer's velocities. */
  extra?: Map<string, SafeTensor>;
  /** Anything else that must be read back with the weights, such as the position in the training. */
  state?: unknown;
}

/** A decoded checkpoint. */
export interface Checkpoint extends Required<CheckpointNotes> {
  /** The caller disposes it. */
  model: ResNet;
}

/** Encodes a model, and what to keep beside it, as the bytes of a file. */
export async function encodeCheckpoint(
  model: ResNet,
  notes: CheckpointNotes = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, SafeTensor>();
  for (const [name, tensor] of model.tensors()) {
    tensors.set(name, { shape: tensor.shape, values: await tensor.data<"float32">() });
  }
  for (const [name, tensor] of notes.extra ?? []) tensors.set(EXTRA + name, tensor);
  const bytes = encodeSafetensors({
    tensors,
    metadata: {
      digest: "0".repeat(DIGEST_LENGTH),
      format: "learning-without-memorizing checkpoint",
      version: "2",
      network: JSON.stringify(model.options),
      classNames: JSON.stringify(model.classNames),
      state: JSON.stringify(notes.state ?? null),
    },
  });
  bytes.set(new TextEncoder().encode(await digestOf(bytes)), DIGEST_AT);
  return bytes;
}

/** Verifies that every byte of a checkpoint is as it was written. */
export async function checkCheckpoint(bytes: Uint8Array, name: string): Promise<void> {
  const start = new TextDecoder().decode(bytes.subarray(8, DIGEST_AT + DIGEST_LENGTH));
  if (start === BEFORE_DIGEST + await digestOf(bytes)) return;
  throw new UserError(
    `Expected ${name} to be a checkpoint that matches its digest but found ${bytes.length} other bytes: the ` +
      "file is cut off, damaged, or of another version. Delete it; a run resumes from the checkpoint before " +
      "it, and other files have to be fetched or made again.",
  );
}

/**
 * Decodes a model, and verifies that every byte is as it was written.
 * @param bytes the whole file
 * @param name of the file in messages
 * @throws {UserError} where the file is cut off, damaged, or not a checkpoint
 */
export async function decodeCheckpoint(bytes: Uint8Array, name: string): Promise<Checkpoint> {
  await checkCheckpoint(bytes, name);
  const { tensors, metadata } = decodeSafetensors(bytes);
  const extra = new Map<string, SafeTensor>();
  for (const [key, tensor] of tensors) {
    if (key.startsWith(EXTRA)) extra.set(key.slice(EXTRA.length), tensor);
  }
  const [options, classNames, state] = ["network", "classNames", "state"].map((field) =>
    JSON.parse(metadata[field])
  );
  const model = new ResNet(options, classNames, (tensor, shape) => {
    const found = tensors.get(tensor);
    if (found?.shape.join() === shape.join()) return tf.tensor(found.values, shape);
    throw new UserError(
      `Expected ${name} to hold "${tensor}" of shape [${shape}] but found ` +
        `${found ? `shape [${found.shape}]` : "no such tensor"}. Was it written for another network?`,
    );
  });
  return { model, extra, state };
}

const EXTRA = "extra/";

/**
 * SHA-256 over the file, with zeros in the place of the digest, as hexadecimal digits. Browsers have
 * `crypto.subtle` on https:// only, and a page in a classroom is served over http://.
 */
async function digestOf(bytes: Uint8Array): Promise<string> {
  const blank = new Uint8Array(bytes);
  blank.fill("0".charCodeAt(0), DIGEST_AT, DIGEST_AT + DIGEST_LENGTH);
  const digest = crypto.subtle ? await crypto.subtle.digest("SHA-256", blank) : sha256(blank);
  return bytesToHex(new Uint8Array(digest));
}
