/**
 * A model as the bytes of a safetensors file: weights, statistics, class names and the configuration it was trained
 * with. Reading and writing files is left to the caller, so that this also works in a browser.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import { ResNet, type ResNetOptions } from "./resnet.ts";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "./safetensors.ts";

/** Raised whenever the meaning of a checkpoint's content changes. */
const VERSION = "1";

/** What a checkpoint says about itself, beside the tensors. */
export interface CheckpointNotes {
  /** The configuration of the run that wrote it, as plain JSON values. */
  configuration: unknown;
  /** Tensors beside the model's own, such as the optimizer's velocities. */
  extra?: Map<string, SafeTensor>;
  /** Anything else that must be read back with the weights, such as the position in the training. */
  state?: unknown;
}

/** A checkpoint read back. */
export interface Checkpoint extends Required<CheckpointNotes> {
  /** The caller disposes it. */
  model: ResNet;
}

/**
 * Writes a model as bytes.
 *
 * @param model its tensors are read, not changed
 * @param notes what to keep beside it
 * @returns the file's bytes
 */
export async function encodeCheckpoint(
  model: ResNet,
  notes: CheckpointNotes,
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, SafeTensor>();
  for (const [name, tensor] of model.tensors()) {
    tensors.set(name, { shape: tensor.shape, values: await tensor.data<"float32">() });
  }
  for (const [name, tensor] of notes.extra ?? []) tensors.set(EXTRA + name, tensor);
  return encodeSafetensors({
    tensors,
    metadata: {
      format: "learning-without-memorizing checkpoint",
      version: VERSION,
      network: JSON.stringify(model.options),
      classNames: JSON.stringify(model.classNames),
      configuration: JSON.stringify(notes.configuration),
      state: JSON.stringify(notes.state ?? null),
      digest: await digestOf(tensors),
    },
  });
}

/**
 * Reads a model back, and checks that it is whole.
 *
 * @param bytes the whole file
 * @param name how messages call it
 * @throws {UserError} where the file is cut off, damaged, of another version, or not a checkpoint
 */
export async function decodeCheckpoint(bytes: Uint8Array, name: string): Promise<Checkpoint> {
  const { tensors, metadata } = decodeSafetensors(bytes, name);
  if (metadata.version !== VERSION) {
    throw new UserError(
      `Expected ${name} to be a checkpoint of version ${VERSION} but found ` +
        `${metadata.version === undefined ? "no version" : `version ${metadata.version}`}. ` +
        "Delete it and train again, or use the release that wrote it.",
    );
  }
  if (metadata.digest !== await digestOf(tensors)) {
    throw new UserError(
      `Expected the weights in ${name} to match their digest but found others: the file is damaged. ` +
        "Delete it, and the run goes on from the checkpoint before it.",
    );
  }
  const extra = new Map<string, SafeTensor>();
  for (const [key, tensor] of tensors) {
    if (key.startsWith(EXTRA)) extra.set(key.slice(EXTRA.length), tensor);
  }
  const options: ResNetOptions = JSON.parse(metadata.network);
  const model = new ResNet(options, JSON.parse(metadata.classNames), (tensor, shape) => {
    const found = tensors.get(tensor);
    if (found?.shape.join() === shape.join()) return tf.tensor(found.values, shape);
    throw new UserError(
      `Expected ${name} to hold "${tensor}" of shape [${shape}] but found ` +
        `${found ? `shape [${found.shape}]` : "no such tensor"}. Was it written for another network?`,
    );
  });
  return {
    model,
    extra,
    configuration: JSON.parse(metadata.configuration),
    state: JSON.parse(metadata.state),
  };
}

const EXTRA = "extra/";

/** SHA-256 over names, shapes and values, as hexadecimal digits. */
async function digestOf(tensors: Map<string, SafeTensor>): Promise<string> {
  const names = JSON.stringify([...tensors].map(([name, { shape }]) => [name, shape]));
  const parts = [
    new TextEncoder().encode(names),
    ...[...tensors.values()].map(({ values }) =>
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    ),
  ];
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
