/**
 * Elements, messages and the connection to a worker.
 * @module
 */
import type { Reply, Request, RequestBody } from "./messages.ts";

type Child = Node | string;

/** Makes an element. Properties that start with `on` are listeners; the others are attributes, left out where `false`. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Record<string, string | number | boolean | ((event: never) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value as EventListener);
    else if (value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** The element of the page with this id. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`Expected the page to have an element "${id}" but found none.`);
  return found as E;
}

/** Shows a sentence to the reader, where something went wrong or takes a while; an empty one removes it. */
export function say(id: string, sentence: string): void {
  byId(id).textContent = sentence;
}

/** A labeled choice. */
export interface Choice {
  /** Holds the choice. */
  readonly label: HTMLLabelElement;
  /** Its value is the chosen one. */
  readonly select: HTMLSelectElement;
}

/** Makes a choice. `options` are values and what they are called. */
export function choice(
  text: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  onchange: (value: string) => void,
): Choice {
  const select = h(
    "select",
    { "aria-label": text, onchange: () => onchange(select.value) },
    ...options.map(([value, text]) => h("option", { value }, text)),
  );
  select.value = value;
  return { label: h("label", {}, text, select), select };
}

/** A worker that answers requests; those of one kind follow one another. */
export class Connection {
  readonly #worker = new Worker("worker.js", { type: "module" });
  readonly #listeners = new Map<number, (reply: Reply) => void>();
  #next = 0;
  #failure: string | null = null;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#listeners.get(data.id)?.(data);
    this.#worker.onerror = ({ message }) => {
      this.#failure = message ??
        "Expected the worker to start but the browser could not load it. Load the page again.";
      for (const [id, listener] of this.#listeners) listener({ id, type: "error", message: this.#failure });
    };
  }

  /** Sends what needs no answer. */
  send(body: RequestBody): number {
    const id = this.#next++;
    this.#worker.postMessage({ ...body, id } satisfies Request);
    return id;
  }

  /**
   * Sends a request and waits for its last reply.
   * @param onReport called with the replies before that
   * @throws {Error} with the worker's sentence
   */
  ask(body: RequestBody, onReport: (reply: Reply) => void = () => {}): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const id = this.send(body);
    this.#listeners.set(id, (reply) => {
      if (reply.type === "iteration" || reply.type === "epoch") return onReport(reply);
      this.#listeners.delete(id);
      if (reply.type === "error") reject(new Error(reply.message));
      else resolve(reply);
    });
    if (this.#failure !== null) reject(new Error(this.#failure));
    return promise;
  }

  /** Ends the worker. */
  close(): void {
    this.#worker.terminate();
  }
}
