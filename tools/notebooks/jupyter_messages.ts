/**
 * Jupyter's wire format: how a message is laid out in frames, and signed.
 * https://jupyter-client.readthedocs.io/en/latest/messaging.html#the-wire-protocol
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** A message from or to a kernel. */
export interface Message {
  /** Unique among all messages. */
  id: string;
  /** Such as "execute_request" or "stream". */
  type: string;
  /** The id of the request that this answers; empty if there is none. */
  parent: string;
  /** What the type prescribes. */
  content: Record<string, unknown>;
}

/** What both sides of a connection agree on. */
export interface Credentials {
  /** Secret of the HMAC-SHA256 signature. */
  key: string;
  /** Names the sender. */
  session: string;
}

const DELIMITER = "<IDS|MSG>";

/**
 * Lays a message out in frames and signs it.
 * @param message to be sent
 * @param credentials of the connection
 * @returns frames: delimiter, signature, header, parent header, metadata, content
 */
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
  return [DELIMITER, signature(parts, key), ...parts].map(bytes);
}

/**
 * Reads a message and checks its signature.
 * @param frames as received; anything before the delimiter is routing
 * @param key secret of the signature
 * @returns the message
 * @throws {Error} if the frames are no message, or not signed with the key
 */
export function decodeMessage(frames: Uint8Array[], key: string): Message {
  const texts = frames.map((frame) => new TextDecoder().decode(frame));
  const start = texts.indexOf(DELIMITER);
  const [found, ...parts] = texts.slice(start + 1, start + 6);
  if (start < 0 || parts.length < 4) throw new Error("Received something that is no Jupyter message.");
  const expected = signature(parts, key);
  if (found.length !== expected.length || !timingSafeEqual(bytes(found), bytes(expected))) {
    throw new Error("Received a Jupyter message with a wrong signature: it does not come from our kernel.");
  }
  const [header, parent, , content] = parts.map((part) => JSON.parse(part));
  return { id: header.msg_id, type: header.msg_type, parent: parent.msg_id ?? "", content };
}

function signature(parts: string[], key: string): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
