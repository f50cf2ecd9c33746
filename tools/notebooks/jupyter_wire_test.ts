import assert from "node:assert/strict";
import { decodeMessage, encodeMessage, ZmtpConnection } from "./jupyter_wire.ts";

const GREETING = new Uint8Array(64);
GREETING.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]);
GREETING.set(new TextEncoder().encode("NULL"), 12);
const READY = new Uint8Array([4, 6, ...new TextEncoder().encode("\x05READY")]);
const HANDSHAKE = [...GREETING, ...READY];

/**
 * A peer that sends these bytes, hangs up its side if asked to, and then listens;
 * @returns what it has heard
 */
async function peer(listener: Deno.TcpListener, bytes: number[], hangsUp: boolean): Promise<Uint8Array> {
  using tcp = await listener.accept();
  for (let rest = new Uint8Array(bytes); rest.length > 0;) rest = rest.subarray(await tcp.write(rest));
  if (hangsUp) await tcp.closeWrite();
  const heard: number[] = [];
  const chunk = new Uint8Array(4096);
  for (let count; (count = await tcp.read(chunk)) !== null;) heard.push(...chunk.subarray(0, count));
  return new Uint8Array(heard);
}

async function receive(bytes: number[]): Promise<Uint8Array[][]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heard = peer(listener, [...HANDSHAKE, ...bytes], true);
  const connection = await ZmtpConnection.open(listener.addr.port, "DEALER");
  const messages = await Array.fromAsync(connection.messages());
  connection.close();
  await heard;
  return messages;
}

Deno.test("ZmtpConnection greets, says what it is, subscribes to everything, and sends frames of any length", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hearing = peer(listener, HANDSHAKE, false);
  const connection = await ZmtpConnection.open(listener.addr.port, "SUB");
  await connection.send([new Uint8Array([7]), new Uint8Array(), new Uint8Array(300).fill(8)]);
  connection.close();
  const heard = await hearing;
  assert.deepEqual(heard.subarray(0, 12), new Uint8Array([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]));
  const text = new TextDecoder("latin1").decode(heard);
  assert.ok(text.slice(12).startsWith("NULL\0"));
  const ready = "\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB";
  assert.equal(text.slice(64, 64 + ready.length), ready);
  const frames = [0, 1, 1, 1, 1, 7, 1, 0, 2, 0, 0, 0, 0, 0, 0, 1, 44, ...new Array(300).fill(8)];
  assert.deepEqual(heard.subarray(64 + ready.length), new Uint8Array(frames));
});

Deno.test("ZmtpConnection reads messages of several frames, long ones too, and passes over commands", async () => {
  const short = [0, 1, 9];
  const long = [3, 0, 0, 0, 0, 0, 1, 17, 112, ...new Array(70_000).fill(5)]; // 70,000 = 1·256² + 17·256 + 112
  const ping = [4, 5, 4, 80, 73, 78, 71];
  const messages = await receive([...short, ...long, ...ping, 0, 0]);
  assert.deepEqual(messages.map((frames) => frames.map((frame) => frame.length)), [[1], [70_000, 0]]);
  assert.deepEqual(messages[0][0], new Uint8Array([9]));
  assert.ok(messages[1][0].every((byte) => byte === 5));
});

Deno.test("ZmtpConnection gives no message that the peer has not finished", async () => {
  assert.deepEqual(await receive([1, 1, 9, 0, 50, 1, 2]), []);
  assert.deepEqual(await receive([1, 1, 9]), []);
});

Deno.test("ZmtpConnection.open() refuses a peer that speaks something else", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = "HTTP/1.1 400 Bad Request\r\n\r\n".padEnd(64);
  const hearing = peer(listener, [...new TextEncoder().encode(answer)], true);
  await assert.rejects(ZmtpConnection.open(listener.addr.port, "SUB"), /Expected a peer that speaks ZMTP 3/);
  await hearing;
});

const message = { id: "1", type: "stream", parent: "0", content: { name: "stdout", text: "größer 😀\n" } };
const frames = (key: string) => encodeMessage(message, key);

Deno.test("decodeMessage() reads what encodeMessage() writes, also behind routing frames", () => {
  assert.deepEqual(decodeMessage(frames("secret"), "secret"), message);
  assert.deepEqual(decodeMessage([new Uint8Array([255, 0]), ...frames("secret")], "secret"), message);
});

Deno.test("decodeMessage() refuses a message that was signed with another key or changed on the way", () => {
  assert.throws(() => decodeMessage(frames("other"), "secret"), /wrong signature/);
  const changed = frames("secret");
  changed[5] = new TextEncoder().encode('{"name":"stdout","text":"forged"}');
  assert.throws(() => decodeMessage(changed, "secret"), /wrong signature/);
  const unsigned = frames("secret");
  unsigned[1] = new Uint8Array();
  assert.throws(() => decodeMessage(unsigned, "secret"), /wrong signature/);
});
