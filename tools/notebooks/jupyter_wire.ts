/**
 * What a Jupyter kernel and its client exchange over TCP: messages of Jupyter, in frames of ZeroMQ.
 *
 * - https://jupyter-client.readthedocs.io/en/latest/messaging.html#the-wire-protocol
 * - https://rfc.zeromq.org/spec/23/ (ZMTP 3.0; here the client's half, without encryption)
 *
 * The native code of npm:zeromq polls a socket that it has closed, and crashed Deno in one of ten runs on a
 * busy machine.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

export interface Message {
  id: string;
  /** Such as "execute_request" or "stream". */
  type: string;
  /** The id of the request that this answers; empty if there is none. */
  parent: string;
  content: Record<string, unknown>;
}

const DELIMITER = "<IDS|MSG>";

/**
 * Lays a message out in signed frames: delimiter, signature, header, parent header, metadata, content.
 * @param key the secret of the HMAC-SHA256 signature
 */
export function encodeMessage(message: Message, key: string): Uint8Array[] {
  const header = {
    msg_id: message.id,
    msg_type: message.type,
    session: "lwm",
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
  if (found !== signature(parts, key)) {
    throw new Error(
      "Expected a message that is signed with the key of the kernel but received one with a wrong signature.",
    );
  }
  const [header, parent, , content] = parts.map((part) => JSON.parse(part));
  return { id: header.msg_id, type: header.msg_type, parent: parent.msg_id ?? "", content };
}

function signature(parts: string[], key: string): string {
  return createHmac("sha256", key).update(parts.join("")).digest("hex");
}

/** The type of our socket: for requests and replies, or for what the peer publishes. */
export type SocketType = "DEALER" | "SUB";

/** Flags of a frame. */
const MORE = 1, LONG = 2, COMMAND = 4;

const GREETING_BYTES = 64;

export class ZmtpConnection {
  readonly #input: ReadableStreamBYOBReader;
  readonly #output: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(tcp: Deno.TcpConn) {
    this.#input = tcp.readable.getReader({ mode: "byob" });
    this.#output = tcp.writable.getWriter();
  }

  /**
   * Connects to a port of this machine and shakes hands; a SUB is subscribed to everything.
   * @throws {Deno.errors.ConnectionRefused} if nobody listens
   * @throws {Error} if the peer speaks another protocol or closes the connection
   */
  static async open(port: number, type: SocketType): Promise<ZmtpConnection> {
    const connection = new ZmtpConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
    try {
      await connection.#shakeHands(type);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  send(frames: Uint8Array[]): Promise<void> {
    return this.#output.write(Buffer.concat(
      frames.flatMap((frame, i) => [frameHeader(frame.length, i < frames.length - 1 ? MORE : 0), frame]),
    ));
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
    this.#input.cancel().catch(() => {}); // The peer may have closed it before.
  }

  async #shakeHands(type: SocketType): Promise<void> {
    const greeting = new Uint8Array(GREETING_BYTES);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]); // Signature and version.
    greeting.set(utf8("NULL"), 12); // Mechanism; the zeros after it say "client" and fill.
    await this.#output.write(greeting);
    const theirs = await this.#read(GREETING_BYTES);
    if (theirs === undefined || theirs[0] !== 0xff || theirs[9] !== 0x7f || theirs[10] < 3) {
      throw new Error("Expected a peer that speaks ZMTP 3 but found another protocol.");
    }
    const ready = utf8(`\x05READY\x0bSocket-Type\0\0\0${String.fromCharCode(type.length)}${type}`);
    await this.#output.write(Buffer.concat([frameHeader(ready.length, COMMAND), ready]));
    const answer = await this.#readFrame();
    if (answer === undefined || !(answer.flags & COMMAND)) {
      throw new Error("Expected the command READY of the peer but found something else.");
    }
    // A subscription to all topics, which ZMTP 3.0 sends as a message: 1 and an empty prefix.
    if (type === "SUB") await this.send([new Uint8Array([1])]);
  }

  async #readFrame(): Promise<{ flags: number; body: Uint8Array } | undefined> {
    const flags = (await this.#read(1))?.[0];
    if (flags === undefined) return undefined;
    const size = await this.#read(flags & LONG ? 8 : 1);
    if (size === undefined) return undefined;
    const body = await this.#read(flags & LONG ? Number(Buffer.from(size).readBigUInt64BE()) : size[0]);
    return body && { flags, body };
  }

  /** @returns that many bytes, or nothing if either side closes the connection before */
  async #read(count: number): Promise<Uint8Array | undefined> {
    if (count === 0) return new Uint8Array();
    try {
      const { value, done } = await this.#input.read(new Uint8Array(count), { min: count });
      return done ? undefined : value;
    } catch (error) {
      const ended = [Deno.errors.BadResource, Deno.errors.Interrupted, Deno.errors.ConnectionReset];
      if (ended.some((type) => error instanceof type)) return undefined;
      throw error;
    }
  }
}

function frameHeader(length: number, flags: number): Uint8Array {
  if (length < 256) return new Uint8Array([flags, length]);
  const header = Buffer.from([flags | LONG, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeBigUInt64BE(BigInt(length), 1);
  return header;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
