/**
 * What a Jupyter kernel and its client exchange over TCP: messages of Jupyter, in frames of ZeroMQ.
 *
 * - https://jupyter-client.readthedocs.io/en/latest/messaging.html#the-wire-protocol
 * - https://rfc.zeromq.org/spec/23/ (ZMTP 3.0; here the client's half, without encryption)
 *
 * The native code of npm:zeromq polls a socket that it has closed, and crashed Deno in one of ten runs on a busy machine.
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** A message from or to a kernel. */
export interface Message {
  id: string;
  /** Such as "execute_request" or "stream". */
  type: string;
  /** The id of the request that this answers; empty if there is none. */
  parent: string;
  content: Record<string, unknown>;
}

/** What both sides agree on: the secret of the HMAC-SHA256 signature, and the name of the sender. */
export interface Credentials {
  key: string;
  session: string;
}

const DELIMITER = "<IDS|MSG>";

/** Lays a message out in signed frames: delimiter, signature, header, parent header, metadata, content. */
export function encodeMessage(message: Message, { key, session }: Credentials): Uint8Array[] {
  const header = {
    msg_id: message.id,
    msg_type: message.type,
    session,
    username: "lwm",
    date: new Date().toISOString(),
    version: "5.3",
  };
  const parent = message.parent === "" ? {} : { msg_id: message.parent };
  const parts = [header, parent, {}, message.content].map((part) => JSON.stringify(part));
  return [DELIMITER, signature(parts, key), ...parts].map(utf8);
}

/**
 * Reads a message; anything before the delimiter is routing.
 * @throws {Error} where the frames are not a message, or not signed with the key
 */
export function decodeMessage(frames: Uint8Array[], key: string): Message {
  const texts = frames.map((frame) => new TextDecoder().decode(frame));
  const start = texts.indexOf(DELIMITER);
  const [found, ...parts] = texts.slice(start + 1, start + 6);
  if (start < 0 || parts.length < 4) throw new Error("Expected a Jupyter message but received other frames.");
  const expected = signature(parts, key);
  if (found.length !== expected.length || !timingSafeEqual(utf8(found), utf8(expected))) {
    throw new Error(
      "Expected a message that is signed with the key of the kernel but received one with a wrong signature.",
    );
  }
  const [header, parent, , content] = parts.map((part) => JSON.parse(part));
  return { id: header.msg_id, type: header.msg_type, parent: parent.msg_id ?? "", content };
}

function signature(parts: string[], key: string): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/** The type of our socket: for requests and replies, or for what the peer publishes. */
export type SocketType = "DEALER" | "SUB";

/** Flags of a frame. */
const MORE = 1, LONG = 2, COMMAND = 4;

const GREETING_BYTES = 64;

/** A connection to one peer. */
export class ZmtpConnection {
  readonly #tcp: Deno.TcpConn;
  readonly #input: InputBuffer;
  #sent: Promise<void> = Promise.resolve();

  private constructor(tcp: Deno.TcpConn) {
    this.#tcp = tcp;
    this.#input = new InputBuffer(tcp);
  }

  /**
   * Connects to a port of this machine and shakes hands; a SUB is subscribed to everything.
   * @throws {Deno.errors.ConnectionRefused} if nobody listens
   * @throws {Error} if the peer speaks another protocol or closes the connection
   */
  static async open(port: number, type: SocketType): Promise<ZmtpConnection> {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      const connection = new ZmtpConnection(tcp);
      await connection.#shakeHands(type);
      return connection;
    } catch (error) {
      tcp.close();
      throw error;
    }
  }

  /** Sends one message. */
  send(frames: Uint8Array[]): Promise<void> {
    const bytes = concatenate(
      frames.flatMap((frame, i) => [frameHeader(frame.length, i < frames.length - 1 ? MORE : 0), frame]),
    );
    return this.#sent = this.#sent.then(() => this.#write(bytes));
  }

  /** Receives messages, each as its frames, until either side closes the connection. */
  async *messages(): AsyncGenerator<Uint8Array[]> {
    let frames: Uint8Array[] = [];
    while (true) {
      const frame = await this.#readFrame();
      if (frame === undefined) return;
      if (frame.flags & COMMAND) continue;
      frames.push(frame.body);
      if (frame.flags & MORE) continue;
      yield frames;
      frames = [];
    }
  }

  close(): void {
    this.#tcp.close();
  }

  async #shakeHands(type: SocketType): Promise<void> {
    const greeting = new Uint8Array(GREETING_BYTES);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]); // Signature and version.
    greeting.set(utf8("NULL"), 12); // Mechanism; the zeros after it say "client" and fill.
    await this.#write(greeting);
    const theirs = await this.#input.read(GREETING_BYTES);
    if (theirs === undefined || theirs[0] !== 0xff || theirs[9] !== 0x7f || theirs[10] < 3) {
      throw new Error("Expected a peer that speaks ZMTP 3 but found another protocol.");
    }
    const ready = [utf8("\x05READY\x0bSocket-Type"), new Uint8Array([0, 0, 0, type.length]), utf8(type)];
    const body = concatenate(ready);
    await this.#write(concatenate([frameHeader(body.length, COMMAND), body]));
    const answer = await this.#readFrame();
    if (answer === undefined || !(answer.flags & COMMAND)) {
      throw new Error("Expected the command READY of the peer but found something else.");
    }
    // A subscription to all topics, which ZMTP 3.0 sends as a message: 1 and an empty prefix.
    if (type === "SUB") await this.send([new Uint8Array([1])]);
  }

  async #readFrame(): Promise<{ flags: number; body: Uint8Array } | undefined> {
    const flags = (await this.#input.read(1))?.[0];
    if (flags === undefined) return undefined;
    const size = await this.#input.read(flags & LONG ? 8 : 1);
    if (size === undefined) return undefined;
    const view = new DataView(size.buffer);
    const length = flags & LONG ? Number(view.getBigUint64(0)) : view.getUint8(0);
    const body = await this.#input.read(length);
    return body && { flags, body };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#tcp.write(bytes.subarray(sent));
  }
}

/** Reads as many bytes as are asked for, and from the connection as many as there are. */
class InputBuffer {
  readonly #tcp: Deno.TcpConn;
  readonly #buffer = new Uint8Array(1 << 16);
  #start = 0;
  #end = 0;

  constructor(tcp: Deno.TcpConn) {
    this.#tcp = tcp;
  }

  /** @returns that many bytes, or nothing if the connection ends before */
  async read(count: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (true) {
      const available = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + count - filled));
      bytes.set(available, filled);
      filled += available.length;
      this.#start += available.length;
      if (filled === count) return bytes;
      const received = await this.#receive();
      if (received === null) return undefined;
      this.#start = 0;
      this.#end = received;
    }
  }

  async #receive(): Promise<number | null> {
    try {
      return await this.#tcp.read(this.#buffer);
    } catch (error) {
      // Either side has closed the connection.
      const ended = [Deno.errors.BadResource, Deno.errors.Interrupted, Deno.errors.ConnectionReset];
      if (ended.some((type) => error instanceof type)) return null;
      throw error;
    }
  }
}

function frameHeader(length: number, flags: number): Uint8Array {
  if (length < 256) return new Uint8Array([flags, length]);
  const header = new Uint8Array(9);
  header[0] = flags | LONG;
  new DataView(header.buffer).setBigUint64(1, BigInt(length));
  return header;
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
