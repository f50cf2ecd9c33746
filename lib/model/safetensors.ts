/**
 * The safetensors file format (https://huggingface.co/docs/safetensors): eight bytes of header length, a JSON
 * header, then the tensors' bytes. Readable by PyTorch, JAX and others.
 * @module
 */

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

/** Encodes tensors as the bytes of a file. The same input gives the same bytes. */
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

/** Decodes the bytes of a whole file, which are not checked: a checkpoint has a digest. */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = LENGTH_BYTES + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, start)));
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map<string, SafeTensor>();
  for (const [name, entry] of Object.entries<HeaderEntry>(entries)) {
    const [from, to] = entry.data_offsets;
    // A copy, because the data may not be aligned to four bytes in the file's buffer.
    const values = new Float32Array(bytes.slice(start + from, start + to).buffer);
    tensors.set(name, { shape: entry.shape, values });
  }
  return { tensors, metadata };
}
