/**
 * The connection to a worker.
 * @module
 */
import { type Remote, wrap } from "comlink";
import type { Api } from "./worker.ts";

/** A worker whose functions can be called. */
export class Connection {
  readonly #worker = new Worker("worker.js", { type: "module" });
  readonly #api = wrap<Api>(this.#worker);
  readonly #failure = Promise.withResolvers<never>();

  constructor() {
    this.#failure.promise.catch(() => {}); // every call rejects, too
    this.#worker.onerror = ({ message = "none that can be loaded" }) =>
      this.#failure.reject(
        new Error(`Expected the worker to run but found: ${message}. Load the page again.`),
      );
  }

  /** Calls the worker. @throws {Error} with a sentence, where the call or the whole worker fails */
  call<Result>(ask: (api: Remote<Api>) => Promise<Result>): Promise<Result> {
    return Promise.race([ask(this.#api), this.#failure.promise]);
  }

  /** Ends the worker. */
  close(): void {
    this.#worker.terminate();
  }
}
