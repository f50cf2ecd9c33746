/**
 * The safetensors file format (https://huggingface.co/docs/safetensors): eight bytes of header length, a JSON header,
 * then the tensors' bytes. Simple, safe to read, and readable by PyTorch, JAX and others.
 * @module
 */
import { UserError } from "../user_error.ts";

/** One float32 tensor. */
export interface SafeTensor {
  /** Size of each dimension. */
  shape: readonly number[];
  /** All numbers, the last dimension running fastest. */
  values: Float32Array;
}

/** Tensors by name, and free text by name. */
export interface SafetensorsFile {
  /** In the order of the file. */
  tensors: Map<string, SafeTensor>;
  /** Free text. */
  metadata: Record<string, string>;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const LENGTH_BYTES = 8;

/**
 * Encodes tensors as the bytes of a file.
 * @param file tensors and metadata
 * @returns the bytes of the file; the same input gives the same bytes
 */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const header: Record<string, HeaderEntry | Record<string, string>> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: "F32", shape: [...shape], data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  let json = JSON.stringify(header);
  const encoder = new TextEncoder();
  // The format requires data aligned to 8 bytes: spaces pad the header.
  json += " ".repeat((LENGTH_BYTES - encoder.encode(json).length % LENGTH_BYTES) % LENGTH_BYTES);
  const headerBytes = encoder.encode(json);

  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  bytes.set(headerBytes, LENGTH_BYTES);
  let position = LENGTH_BYTES + headerBytes.length;
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}

/**
 * Decodes tensors.
 * @param bytes a whole file
 * @param name of the file in messages
 * @throws {UserError} where the bytes are not a complete safetensors file of float32 tensors
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): SafetensorsFile {
  const refuse = (found: string): never => {
    throw new UserError(
      `Expected ${name} to be a complete safetensors file but found ${found}. ` +
        "It may have been cut off while it was copied: delete it, and it will be made again.",
    );
  };
  if (bytes.length < LENGTH_BYTES) refuse(`only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (start > bytes.length) refuse(`a header of ${headerLength} bytes in a file of ${bytes.length}`);

  let header: Record<string, unknown>;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start)),
    );
  } catch {
    return refuse("a header that is not JSON");
  }
  if (typeof header !== "object" || header === null) refuse("a header that is not an object");

  const { __metadata__: metadata = {}, ...entries } = header;
  if (typeof metadata !== "object" || metadata === null || !Object.values(metadata).every(isText)) {
    refuse("metadata that is not text");
  }
  const tensors = new Map<string, SafeTensor>();
  let end = 0;
  for (const [tensor, entry] of Object.entries(entries)) {
    if (!isHeaderEntry(entry)) return refuse(`a wrong description of tensor "${tensor}"`);
    const [from, to] = entry.data_offsets;
    const size = entry.shape.reduce((product, side) => product * side, 4);
    if (from !== end || to - from !== size || start + to > bytes.length) {
      refuse(`tensor "${tensor}" of shape [${entry.shape}] at bytes ${from} to ${to}`);
    }
    end = to;
    // A copy, because the data may not be aligned to four bytes in the file's buffer.
    tensors.set(tensor, {
      shape: entry.shape,
      values: new Float32Array(bytes.slice(start + from, start + to).buffer),
    });
  }
  if (start + end !== bytes.length) refuse(`${bytes.length - start - end} bytes too many`);
  return { tensors, metadata: metadata as Record<string, string> };
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isHeaderEntry(entry: unknown): entry is HeaderEntry {
  const e = entry as HeaderEntry;
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  return typeof e === "object" && e !== null && e.dtype === "F32" && Array.isArray(e.shape) &&
    e.shape.every(isCount) &&
    Array.isArray(e.data_offsets) && e.data_offsets.length === 2 && e.data_offsets.every(isCount);
}
