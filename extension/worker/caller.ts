// The server's half of its worker: calls with answers. It forgets what nobody wants to know any more, and ends a worker
// that is stuck.

import type { CallKind, WorkerCalls } from "./calls.ts";
import type { Answered, Asked, Channel, Progress } from "./channel.ts";
import { received, Superseded, WorkerEnded } from "./errors.ts";

export type CallOptions = {
  /** Rejects the call when it aborts, and tells the worker. */
  signal?: AbortSignal;
  /** A newer call with the same key takes the place of one that has not begun, which is rejected with `Superseded`. */
  latest?: string;
  onProgress?: (progress: Progress) => void;
};

export type Worker = {
  call<K extends CallKind>(
    kind: K,
    argument: WorkerCalls[K]["in"],
    options?: CallOptions,
  ): Promise<WorkerCalls[K]["out"]>;
  /** Ends it; calls that have no answer yet are rejected. */
  close(): void;
};

/** A worker that runs. */
export type Started = Channel<Asked, Answered> & {
  /** Calls back when it ended by itself, with why. */
  onEnd(listener: (why: string) => void): void;
  end(): void;
};

type Patience = { silenceMs?: number; startMs?: number; idleMs?: number };

/** No step of a call takes so long on any machine that one could type on. */
const SILENCE_MS = 30_000;
/** But for the first one, behind which a compiler is loaded: on a machine that is busy with other things. */
const START_FACTOR = 4;

type Call = {
  kind: CallKind;
  argument: unknown;
  latest: string | undefined;
  onProgress: ((progress: Progress) => void) | undefined;
  resolve(value: never): void;
  reject(cause: unknown): void;
};

/**
 * A worker that `start` starts when it is first called, and anew when it ended or was stuck. `silenceMs` is how long it
 * may say nothing while something is asked of it, `startMs` how long before its first word. One that is asked nothing for
 * `idleMs` is ended; without it, it stays.
 */
export function createWorker(
  start: () => Started,
  { silenceMs = SILENCE_MS, startMs = silenceMs * START_FACTOR, idleMs }: Patience = {},
): Worker {
  let started: Started | undefined;
  let hasSpoken = false;
  let lastId = 0;
  let watch: ReturnType<typeof setTimeout> | undefined;
  const running = new Map<number, Call>();
  /** By key: the id of the call that runs, and the one that comes next. */
  const latest = new Map<string, { id: number; next?: Call }>();

  function ask(call: Call): number {
    const worker = started ?? begin();
    lastId += 1;
    running.set(lastId, call);
    if (running.size === 1) listenFor();
    worker.post({ id: lastId, kind: call.kind, argument: call.argument });
    return lastId;
  }

  function begin(): Started {
    const worker = start();
    started = worker;
    hasSpoken = false;
    worker.listen((answered) => {
      if (started === worker) hear(answered);
    });
    worker.onEnd((why) => {
      if (started === worker) fail(new WorkerEnded(`The compiler ended: ${why}`));
    });
    return worker;
  }

  function hear(answered: Answered): void {
    hasSpoken = true;
    listenFor();
    if ("alive" in answered) return;
    const call = running.get(answered.id);
    if (call === undefined) return;
    if ("progress" in answered) {
      call.onProgress?.(answered.progress);
      return;
    }
    settle(answered.id, call);
    if ("error" in answered) call.reject(received(answered.error));
    else call.resolve(answered.value as never);
  }

  /** Whatever the worker says, it is not stuck. */
  function listenFor(): void {
    clearTimeout(watch);
    if (running.size === 0) {
      if (idleMs !== undefined) watch = setTimeout(rest, idleMs);
      return;
    }
    const patienceMs = hasSpoken ? silenceMs : startMs;
    const stuck = `The compiler did not answer for ${patienceMs / 1000} s and was ended; the next change starts it anew`;
    watch = setTimeout(() => fail(new WorkerEnded(stuck)), patienceMs);
  }

  function rest(): void {
    const worker = started;
    started = undefined;
    worker?.end();
  }

  function settle(id: number, { latest: key }: Call): void {
    running.delete(id);
    listenFor();
    const turn = key === undefined ? undefined : latest.get(key);
    if (turn?.id !== id) return;
    if (turn.next === undefined) latest.delete(key!);
    else latest.set(key!, { id: ask(turn.next) });
  }

  function fail(cause: WorkerEnded): void {
    const worker = started;
    started = undefined;
    clearTimeout(watch);
    const lost = [...running.values(), ...[...latest.values()].flatMap(({ next }) => next ?? [])];
    running.clear();
    latest.clear();
    worker?.end();
    for (const call of lost) call.reject(cause);
  }

  return {
    call(kind, argument, { signal, latest: key, onProgress } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const call: Call = { kind, argument, latest: key, onProgress, resolve, reject };
        const turn = key === undefined ? undefined : latest.get(key);
        let id: number | undefined;
        if (turn !== undefined) {
          turn.next?.reject(new Superseded());
          turn.next = call;
        } else {
          id = ask(call);
          if (key !== undefined) latest.set(key, { id });
        }
        signal?.addEventListener("abort", () => {
          const asked = id ?? idOf(call);
          if (asked !== undefined && running.has(asked)) started?.post({ abort: asked });
          if (turn?.next === call) delete turn.next;
          reject(signal.reason);
        });
      });
    },
    close: () => fail(new WorkerEnded("The compiler was ended")),
  };

  function idOf(call: Call): number | undefined {
    return [...running].find(([, each]) => each === call)?.[0];
  }
}
