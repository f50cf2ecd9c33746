/**
 * Shakes the schedule of tests, so that what happens to come in one order comes in others, too. `deno task
 * test --shake SEED` loads it before the tests, and so does each `deno run` that they start.
 *
 * Evenly random delays find nothing: a race needs one side to be late each time, while the other is not. So
 * the seed draws a habit for each place of the code that waits, anew in each test: this place is on time, that
 * one always late, a third late once. The habits are only such as an operating system may have:
 *
 * - a file operation, a connection, a timer, a child's end or a helper's answer is late, or many come together
 * - output of a child, input and what a server sends is cut at any byte, joined, or held back until the end
 * - a file is written in two parts, and read in parts
 * - a process pauses before it sends a signal, or the signal arrives late
 * - a port that was released is taken by somebody else
 * @module
 */

const own = new URL(import.meta.url);
const seed = own.searchParams.get("seed") ?? "0";
/** The test that runs now, or for which this process was started. */
let test = own.searchParams.get("test") ?? "";
const isChild = own.searchParams.has("test");

/** A number in [0, 1) that words decide: 32 bits of FNV-1a, mixed. */
function draw(...words: (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of [seed, test, ...words].join("|")) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** Delays that the test's own places, and all others, may still have, in milliseconds: no test shall take minutes. */
let budgets: { eager: number; other: number };
/** When the longest of the delays so far ends: those at the same time count once. */
let until: { eager: number; other: number };
let calls: Map<string, number>;
let children: number;
/** Draws anew: what a test has used up is not missing in the next. */
function begin(name: string): void {
  [test, calls, children] = [name, new Map(), 0];
  until = { eager: 0, other: 0 };
  budgets = isChild ? { eager: 1200, other: 800 } : { eager: 3000, other: 1500 };
}
begin(test);

/** The place in the project's code that called. */
function placeOf(): string {
  const frames = new Error().stack!.split("\n").slice(1);
  const frame = frames.find((line) => line.includes("file:") && !line.includes("/checks/shake.ts")) ?? "";
  return /([^/]+\/[^/]+:\d+):\d+\)?$/.exec(frame)?.[1] ?? "elsewhere";
}

type Habit = "on time" | "jitter" | "late" | "late once" | "together";

/** A place at which something is waited for. Each call gives the delay of the next time, in milliseconds. */
function delaysAt(kind: string, place = placeOf()): () => number {
  // Helpers and children are few and slow things; where tests wait themselves, they are shaken more.
  const eager = kind.includes("child") || /_test\.|testdata\//.test(place);
  const purse = eager ? "eager" : "other";
  const key = `${kind} at ${place}`;
  const which = draw("habit", key) * (kind.includes("child") ? 0.7 : eager ? 1 : 1.8);
  const habit: Habit = which < 0.35
    ? "late"
    : which < 0.5
    ? "late once"
    : which < 0.65
    ? "together"
    : which < 0.8
    ? "jitter"
    : "on time";
  const typical = [30, 150, 500][Math.floor(3 * draw("typical", key))];
  return () => {
    const call = calls.get(key) ?? 0;
    calls.set(key, call + 1);
    if (habit === "on time" || budgets[purse] <= 0) return 0;
    let delay = 5 * draw("jitter", key, call);
    if (habit === "late") delay = typical * 2 * draw("late", key, call);
    if (habit === "late once" && call === Math.floor(4 * draw("when", key))) delay = 1500;
    if (habit === "together") delay = typical - performance.now() % typical;
    const now = performance.now();
    budgets[purse] -= Math.max(0, now + delay - Math.max(now, until[purse]));
    until[purse] = Math.max(until[purse], now + delay);
    return delay;
  };
}

const { setTimeout: after } = globalThis;
const pause = (milliseconds: number) =>
  milliseconds > 0 ? new Promise<void>((resolve) => after(resolve, milliseconds)) : undefined;
/** Stops the whole process, as an operating system may at any time. */
const freeze = (milliseconds: number) =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(milliseconds, 300));

// deno-lint-ignore no-explicit-any
type Work = (...args: any[]) => any;

/** Replaces a method that returns a promise by one that is late, before or after its work. */
// deno-lint-ignore no-explicit-any
function late(owner: any, name: string, kind = name, original: Work = owner[name]): void {
  owner[name] = async function (this: unknown, ...args: unknown[]) {
    const place = placeOf();
    const [before, behind] = [delaysAt(kind, place), delaysAt(`after ${kind}`, place)];
    await pause(before());
    try {
      return await original.apply(this, args);
    } finally {
      await pause(behind());
    }
  };
}

/** Gives a stream's bytes late, and cut at other places. */
function reshaped(source: ReadableStream<Uint8Array<ArrayBuffer>>, kind: string): ReadableStream {
  const place = placeOf();
  const which = draw("shape", kind, place);
  // Who reads a connection ahead of its reader learns of its end too early, which closes the other direction.
  const mostCut = kind === "connection" ? 1 : 0.45;
  const shape = which < 0.2 ? "whole" : which < mostCut ? "cut" : which < 0.75 ? "joined" : "held";
  const readsAhead = shape === "joined" || shape === "held";
  const delay = delaysAt(kind, place);
  const reader = source.getReader();
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  let [ended, news] = [false, Promise.withResolvers<void>()];
  let failure: unknown;
  const collect = async () => {
    try {
      do {
        const read = await reader.read();
        if (read.done) ended = true;
        else waiting.push(read.value);
        news.resolve();
      } while (readsAhead && !ended);
    } catch (error) {
      failure = error;
      ended = true;
    }
    news.resolve();
  };
  let cuts = 0;
  let collecting: Promise<void> | undefined;
  const stream = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const first = collecting === undefined;
      if (readsAhead) collecting ??= collect();
      else if (waiting.length === 0) await collect();
      if (waiting.length === 0 && !ended) await news.promise;
      // As long as the other side still writes, what is held back comes with what follows.
      if (shape === "held" && first) await Promise.race([collecting, pause(1500)]);
      else await pause(shape === "joined" ? delay() || 5 : delay());
      const pieces = readsAhead ? waiting.splice(0) : waiting.splice(0, 1);
      if (waiting.length === 0) news = Promise.withResolvers<void>();
      if (ended) news.resolve();
      if (pieces.length === 0) {
        if (failure !== undefined) controller.error(failure);
        else controller.close();
        return controller.byobRequest?.respond(0);
      }
      let bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
      if (shape === "cut" && bytes.length > 1 && cuts++ < 200) {
        const at = 1 + Math.floor(draw("cut", kind, place, cuts) * (bytes.length - 1));
        waiting.unshift(bytes.slice(at));
        bytes = bytes.slice(0, at);
      }
      controller.enqueue(bytes);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const whole = () => new Response(stream);
  return Object.assign(stream, {
    text: () => whole().text(),
    json: () => whole().json(),
    bytes: () => whole().bytes(),
    arrayBuffer: () => whole().arrayBuffer(),
  });
}

/** Replaces a property that is a stream by one that is reshaped, on each object. */
function reshape(owner: object, name: string, kind: string): void {
  let holder = owner;
  while (!Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder);
  const getter = Object.getOwnPropertyDescriptor(holder, name)!.get!;
  const streams = new WeakMap<object, ReadableStream>();
  Object.defineProperty(owner, name, {
    configurable: true,
    get(this: object) {
      if (!streams.has(this)) streams.set(this, reshaped(getter.call(this), kind));
      return streams.get(this);
    },
  });
}

// Timers: late, and together.
globalThis.setTimeout =
  ((work: Work, milliseconds = 0, ...args: unknown[]) =>
    after(work, milliseconds + delaysAt("timer")(), ...args)) as typeof setTimeout;

// Files.
for (
  const name of [
    ...[
      "copyFile",
      "lstat",
      "makeTempDir",
      "mkdir",
      "open",
      "readFile",
      "readLink",
      "readTextFile",
      "realPath",
    ],
    ...["remove", "rename", "stat", "symlink", "utime", "writeFile", "writeTextFile"],
  ]
) late(Deno, name, "file");
for (const name of ["stat", "sync", "lock", "tryLock"]) late(Deno.FsFile.prototype, name, "file");

/** Whether this writing is done in two parts: the first half, then all. */
function isInParts(path: string | URL, options?: Deno.WriteFileOptions): boolean {
  if (options?.append || options?.createNew || draw("parts", placeOf()) > 0.4) return false;
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
for (const name of ["writeFile", "writeTextFile"] as const) {
  const [write, writeSync] = [Deno[name] as Work, Deno[`${name}Sync`] as Work];
  Object.assign(Deno, {
    async [name](path: string, content: string, options?: Deno.WriteFileOptions) {
      if (content.slice && isInParts(path, options)) {
        await write(path, content.slice(0, content.length / 2), options);
        await pause(Math.min(50, delaysAt("part")()));
      }
      await write(path, content, options);
    },
    [`${name}Sync`](path: string, content: string, options?: Deno.WriteFileOptions) {
      if (content.slice && isInParts(path, options)) {
        writeSync(path, content.slice(0, content.length / 2), options);
        freeze(Math.min(50, delaysAt("part")()));
      }
      writeSync(path, content, options);
    },
  });
}
const { read } = Deno.FsFile.prototype;
Deno.FsFile.prototype.read = function (bytes) {
  const length = Math.ceil(bytes.length * (draw("read", placeOf()) < 0.3 ? 0.3 : 1));
  return read.call(this, bytes.subarray(0, length));
};

// Children.
const { Command: OriginalCommand } = Deno;
class Command {
  readonly #command: Deno.Command;
  constructor(program: string | URL, options: Deno.CommandOptions = {}) {
    const [first, ...args] = options.args ?? [];
    const preload = new URL(own);
    preload.searchParams.set("test", `${test} child ${children++}`);
    const isShaken = program === Deno.execPath() && first === "run";
    this.#command = new OriginalCommand(
      program,
      isShaken ? { ...options, args: [first, `--preload=${preload}`, ...args] } : options,
    );
  }
  spawn(): Deno.ChildProcess {
    const place = placeOf();
    const child = this.#command.spawn();
    const original = { kill: child.kill.bind(child), status: child.status, output: child.output.bind(child) };
    const ended = original.status.then(async (status) => {
      await pause(delaysAt("child's status", place)());
      return status;
    });
    Object.defineProperty(child, "status", { get: () => ended });
    for (const name of ["stdout", "stderr"] as const) reshape(child, name, `child's ${name}`);
    return Object.assign(child, {
      kill: (signal?: Deno.Signal) => sendLate(() => original.kill(signal)),
      output: async () => {
        const output = await original.output();
        await pause(delaysAt("child's output", place)());
        return output;
      },
    });
  }
  outputSync() {
    freeze(delaysAt("child in place")());
    return this.#command.outputSync();
  }
  output() {
    return this.#command.output();
  }
}
late(Command.prototype, "output", "child that answers");
Object.assign(Deno, { Command });

/** Sends a signal after a pause of this process, or so that it arrives late. */
function sendLate(send: () => void): void {
  const place = placeOf();
  const [which, delay] = [draw("signal", place), delaysAt("child's signal", place)()];
  if (which < 0.5 || delay === 0) {
    freeze(delay);
    return send();
  }
  after(() => {
    try {
      send();
    } catch {
      // It has ended meanwhile: who sent it did so while it was there.
    }
  }, Math.min(100 + delay, 300));
}
const { kill } = Deno;
Deno.kill = (pid, signal) =>
  signal === undefined || pid === Deno.pid ? kill(pid, signal) : sendLate(() => kill(pid, signal));

if (isChild) reshape(Deno.stdin, "readable", "input");

// Connections.
late(Deno, "connect");
late(globalThis, "fetch");
const { listen, connect } = Deno as unknown as { listen: Work; connect: Work };
const shaken = <T extends Deno.Conn>(connection: T): T => {
  reshape(connection, "readable", "connection");
  return connection;
};
Object.assign(Deno, {
  connect: async (options: Deno.ConnectOptions) => shaken(await connect(options)),
  listen: (options: Deno.TcpListenOptions) => {
    const listener: Deno.TcpListener = listen(options);
    const { close, accept } = listener;
    const place = placeOf();
    const call = calls.get(`port at ${place}`) ?? 0;
    calls.set(`port at ${place}`, call + 1);
    const taken = options.port === 0 && call === Math.floor(2.5 * draw("port", place));
    const release = () => {
      const { addr: { hostname, port } } = listener;
      close.call(listener);
      if (!taken) return;
      try {
        const other: Deno.TcpListener = listen({ hostname, port });
        other.unref();
        Deno.unrefTimer(after(() => other.close(), 500));
      } catch {
        // Somebody else was faster.
      }
    };
    return Object.assign(listener, {
      close: release,
      [Symbol.dispose]: release,
      accept: async () => shaken(await accept.call(listener)),
    });
  },
});

// Tests: each draws habits of its own. The delays of a test may end after it.
const { test: original } = Deno;
const wrapped = (...args: unknown[]) => {
  const options: Deno.TestDefinition = Object.assign(
    { sanitizeOps: false, sanitizeResources: false },
    ...args.map((arg) =>
      typeof arg === "string" ? { name: arg } : typeof arg === "function" ? { fn: arg, ...named(arg) } : arg
    ),
  );
  const { fn } = options;
  original({
    ...options,
    async fn(context) {
      begin(options.name);
      const { promise, reject } = Promise.withResolvers<never>();
      const clock = after(() => reject(new Error("It waits for something that does not come.")), 300_000);
      await Promise.race([promise, fn(context)]);
      clearTimeout(clock);
    },
  });
};
const named = ({ name }: Work | { name: string }) => name === "" ? {} : { name };
Object.assign(Deno, { test: Object.assign(wrapped, original) });
