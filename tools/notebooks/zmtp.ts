/**
 * The client's half of ZMTP 3.0, the protocol of ZeroMQ's sockets, over TCP without encryption: as much of it as
 * talking to a Jupyter kernel takes. https://rfc.zeromq.org/spec/23/
 *
 * The package zeromq would do it too, but its native code polls a socket that it has closed, and so crashes Deno now
 * and then (seen in one of ten runs on a busy machine).
 * @module
 */

/** How we speak to the peer: requests and replies, or all that is published. */
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
   * Connects and shakes hands.
   * @param port of the peer, on this machine
   * @param type of our socket; a SUB is subscribed to everything
   * @returns a connection that is ready
   * @throws {Deno.errors.ConnectionRefused} if nobody listens
   * @throws {Error} if the peer speaks another protocol, or hangs up
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

  /**
   * Sends one message.
   * @param frames of one message
   * @returns when it is on its way
   */
  send(frames: Uint8Array[]): Promise<void> {
    const bytes = concatenate(
      frames.flatMap((
        frame,
        index,
      ) => [frameHeader(frame.length, index < frames.length - 1 ? MORE : 0), frame]),
    );
    return this.#sent = this.#sent.then(() => this.#write(bytes));
  }

  /**
   * Receives messages until the peer or we hang up.
   * @returns each message as its frames
   */
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

  /** Hangs up. */
  close(): void {
    this.#tcp.close();
  }

  async #shakeHands(type: SocketType): Promise<void> {
    const greeting = new Uint8Array(GREETING_BYTES);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]); // Signature and version.
    greeting.set(ascii("NULL"), 12); // Mechanism; the zeros after it say "client" and fill.
    await this.#write(greeting);
    const theirs = await this.#input.read(GREETING_BYTES);
    if (theirs === undefined || theirs[0] !== 0xff || theirs[9] !== 0x7f || theirs[10] < 3) {
      throw new Error("Expected a peer that speaks ZMTP 3.");
    }
    const ready = [ascii("\x05READY\x0bSocket-Type"), new Uint8Array([0, 0, 0, type.length]), ascii(type)];
    const body = concatenate(ready);
    await this.#write(concatenate([frameHeader(body.length, COMMAND), body]));
    const answer = await this.#readFrame();
    if (answer === undefined || !(answer.flags & COMMAND)) throw new Error("Expected the peer to get ready.");
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
      // We have hung up, or the peer has died: either way nothing more will come.
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

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
