/**
 * A Deno kernel in a process of its own, for a client that runs cells as JupyterLab does.
 *
 * The kernel leads a process group, which is killed with it. A guard process kills the group when this
 * process is killed first (`kill -9`). Linux and macOS.
 * @module
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../lib/user_error.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type SocketType,
  ZmtpConnection,
} from "./jupyter_wire.ts";

/** The kernel has ended or does not answer. */
export class KernelError extends UserError {}

const START_SECONDS = 60;
const FENCE_SECONDS = 30;
/** A margin behind the fence below, which was exact in all measurements. */
const SETTLE_MILLISECONDS = 5;

/** A running kernel. Call `stop()` when done. */
export class Kernel {
  readonly #key: string;
  readonly #process: KernelProcess;
  readonly #shell: ZmtpConnection;
  readonly #iopub: ZmtpConnection;
  /** Rejects when the kernel cannot be used any more. */
  readonly #failed: Promise<never>;
  #fail!: (error: Error) => void;
  #replies = new Map<string, (content: Record<string, unknown>) => void>();
  #onMessage: (message: Message) => void = () => {};
  /** How the kernel describes its language; JupyterLab keeps it in the notebook. */
  languageInfo: Record<string, unknown> = {};

  private constructor(key: string, process: KernelProcess, shell: ZmtpConnection, iopub: ZmtpConnection) {
    this.#key = key;
    this.#process = process;
    this.#shell = shell;
    this.#iopub = iopub;
    this.#failed = new Promise((_, reject) => this.#fail = reject);
    this.#failed.catch(() => {}); // It is awaited later; until then it does not count as unhandled.
    const received = Promise.all([
      this.#receive(shell, (message) => {
        this.#replies.get(message.parent)?.(message.content);
        this.#replies.delete(message.parent);
      }),
      this.#receive(iopub, (message) => this.#onMessage(message)),
    ]);
    process.ended.then(async (how) => {
      await received; // The last messages of the kernel still count.
      this.#fail(new KernelError(`the kernel died (${how})`));
    });
  }

  /**
   * Starts a kernel in a process of its own, and waits until it is ready.
   * @throws {KernelError} if it does not start
   */
  static async start(folder: string, signal?: AbortSignal, attempts = 3): Promise<Kernel> {
    const key = randomUUID();
    const ports = freePorts();
    const connectionFile = await Deno.makeTempFile({ prefix: "lwm-kernel-", suffix: ".json" });
    await Deno.writeTextFile(connectionFile, JSON.stringify({ ...CONNECTION, ...ports, key }));
    const process = new KernelProcess(connectionFile, folder);
    const ready = async (): Promise<Kernel> => {
      const shell = await process.connect(ports.shell_port, "DEALER");
      const iopub = await process.connect(ports.iopub_port, "SUB");
      const kernel = new Kernel(key, process, shell, iopub);
      await kernel.#greet();
      return kernel;
    };
    const died = process.ended.then((how) => {
      const found = `Expected a Deno kernel to start but found ${how}`;
      throw new KernelError(`${found}; check that \`deno jupyter --help\` works.`);
    });
    try {
      return await within(START_SECONDS, signal, [ready(), died]);
    } catch (error) {
      await process.kill();
      // Another process may have taken one of the free ports: then the kernel dies, and that process may answer.
      if (signal?.aborted || attempts === 1) throw error;
      return await Kernel.start(folder, signal, attempts - 1);
    } finally {
      await Deno.remove(connectionFile);
    }
  }

  /**
   * Runs code and waits until all of its output has arrived. An error of the code is a message of type
   * "error".
   * @returns how it has ended, and the number that Jupyter shows beside the cell
   * @throws {KernelError} if the kernel died; the reason of the signal if it was aborted
   */
  async execute(
    code: string,
    { onMessage, signal }: {
      /** Called for each message of the iopub channel (outputs and states), in order. */
      onMessage: (message: Message) => void;
      signal?: AbortSignal;
    },
  ): Promise<{ ok: boolean; executionCount: number | null }> {
    this.#onMessage = onMessage;
    try {
      const reply = await within(undefined, signal, [this.#run(code, { silent: false }), this.#failed]);
      await within(FENCE_SECONDS, signal, [this.#fence(onMessage), this.#failed]);
      return { ok: reply.status === "ok", executionCount: reply.execution_count as number ?? null };
    } finally {
      this.#onMessage = () => {};
    }
  }

  /** Kills the kernel and every process it has started. */
  async stop(): Promise<void> {
    await this.#process.kill();
    this.#shell.close();
    this.#iopub.close();
  }

  /** Sends requests until both channels answer: messages before the subscription takes effect are lost. */
  async #greet(): Promise<void> {
    let answered = false;
    let heard = false;
    this.#onMessage = () => void (heard = true);
    while (!(answered && heard) && !this.#process.hasEnded) {
      this.#request("kernel_info_request", {}).then(({ language_info }) => {
        this.languageInfo = language_info as Record<string, unknown>;
        answered = true;
      });
      await sleep(20);
    }
    this.#onMessage = () => {};
  }

  /**
   * Waits for late output. Deno's kernel sends console text from a queue of its own, which may lag behind the
   * reply and the state "idle". The fence prints a random word and broadcasts it; when both have arrived,
   * everything before them has arrived too. Text that arrives in the meantime belongs to the cell.
   */
  async #fence(onMessage: (message: Message) => void): Promise<void> {
    const word = `fence-${randomUUID()}`;
    const code = `console.log("${word}"); await Deno.jupyter.broadcast("${word}", {}); undefined`;
    const outstanding = new Set(["printed", "broadcast"]);
    let done!: () => void;
    const passed = new Promise<void>((resolve) => done = resolve);
    this.#onMessage = (message) => {
      if (message.type === word) outstanding.delete("broadcast");
      else if (message.type === "stream" && (message.content.text as string).includes(word)) {
        outstanding.delete("printed");
        const text = (message.content.text as string).replace(`${word}\n`, "");
        if (text !== "") onMessage({ ...message, content: { ...message.content, text } });
      } else if (message.type !== "status" && message.type !== "execute_input") onMessage(message);
      if (outstanding.size === 0) done();
    };
    await this.#run(code, { silent: true });
    await passed;
    await sleep(SETTLE_MILLISECONDS);
  }

  /** @param silent whether the code is not counted as a cell */
  #run(code: string, { silent }: { silent: boolean }): Promise<Record<string, unknown>> {
    const others = { store_history: !silent, user_expressions: {}, allow_stdin: false };
    return this.#request("execute_request", { code, silent, ...others });
  }

  #request(type: string, content: Record<string, unknown>): Promise<Record<string, unknown>> {
    const message = { id: randomUUID(), type, parent: "", content };
    const reply = new Promise<Record<string, unknown>>((resolve) => this.#replies.set(message.id, resolve));
    // A kernel that cannot be reached has ended, which is reported elsewhere.
    this.#shell.send(encodeMessage(message, this.#key)).catch(() => {});
    return reply;
  }

  async #receive(connection: ZmtpConnection, handle: (message: Message) => void): Promise<void> {
    try {
      for await (const frames of connection.messages()) handle(decodeMessage(frames, this.#key));
    } catch (error) {
      this.#fail(error as Error);
    }
  }
}

/** The operating system's side of a kernel: its process group and the guard. */
class KernelProcess {
  readonly child: Deno.ChildProcess;
  readonly #guard: Deno.ChildProcess;
  hasEnded = false;
  /** How it ended, for a message. */
  readonly ended: Promise<string>;

  constructor(connectionFile: string, folder: string) {
    this.child = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--quiet", "--kernel", "--conn", connectionFile],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "inherit", // The last words of a kernel that dies.
      detached: true, // It leads a process group of its own, which Ctrl-C in the terminal does not reach.
    }).spawn();
    // The input of the guard ends when this process ends, however that happens.
    this.#guard = new Deno.Command("sh", {
      args: ["-c", 'read -r _; kill -s KILL -- "-$1"', "guard", String(this.child.pid)],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    this.ended = this.child.status.then(({ code, signal }) => {
      this.hasEnded = true;
      return signal === null ? `exit code ${code}` : `signal ${signal}`;
    });
  }

  /** Connects to one of its ports as soon as it listens there. */
  async connect(port: number, type: SocketType): Promise<ZmtpConnection> {
    while (true) {
      try {
        return await ZmtpConnection.open(port, type);
      } catch (error) {
        if (this.hasEnded || !(error instanceof Deno.errors.ConnectionRefused)) throw error;
      }
      await sleep(20);
    }
  }

  async kill(): Promise<void> {
    try {
      Deno.kill(-this.child.pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // Already gone.
    }
    await this.ended;
    this.#guard.kill("SIGKILL");
    await this.#guard.status;
    await this.#guard.stdin.abort().catch(() => {});
  }
}

const PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"] as const;
type Ports = Record<typeof PORTS[number], number>;
/** What the file says that tells the kernel where to listen, besides ports and key. */
const CONNECTION = {
  transport: "tcp",
  ip: "127.0.0.1",
  signature_scheme: "hmac-sha256",
  kernel_name: "deno",
};

/** Free ports. All are taken before any is released, so that they differ. */
function freePorts(): Ports {
  const listeners = PORTS.map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  listeners.forEach((listener) => listener.close());
  return Object.fromEntries(PORTS.map((name, i) => [name, listeners[i].addr.port])) as Ports;
}

/** The result of the first task to settle, or an error when the time is up or the signal is aborted. */
async function within<T>(
  seconds: number | undefined,
  signal: AbortSignal | undefined,
  tasks: Promise<T>[],
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timeOut = () => reject(new KernelError(`timed out after ${seconds} s`));
  const timer = seconds === undefined ? undefined : setTimeout(timeOut, seconds * 1000);
  const abort = () => reject(signal!.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort(); // The tasks run already: their own errors must find a listener.
  try {
    return await Promise.race([...tasks, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
