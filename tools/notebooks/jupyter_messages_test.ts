import assert from "node:assert/strict";
import { decodeMessage, encodeMessage } from "./jupyter_messages.ts";

const message = { id: "1", type: "stream", parent: "0", content: { name: "stdout", text: "größer 😀\n" } };
const frames = (key: string) => encodeMessage(message, { key, session: "s" });

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

Deno.test("decodeMessage() refuses frames that are no message", () => {
  assert.throws(() => decodeMessage([], "secret"), /no Jupyter message/);
  assert.throws(() => decodeMessage(frames("secret").slice(0, 4), "secret"), /no Jupyter message/);
});
