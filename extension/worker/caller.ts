// The server's half of its worker: calls with answers. It forgets what nobody wants to know any more, and ends a worker
// that is stuck.

import type { CallKind, WorkerCalls } from "./calls.ts";
import type { Answered, Asked, Channel, Progress } from "./channel.ts";
import { received, Superseded, WorkerClosed, WorkerEnded } from "./errors.ts";

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
  signal: AbortSignal | undefined;
  onProgress: ((progress: Progress) => void) | undefined;
  /** A worker has died of it, or with it, before. */
  isAgain?: boolean;
  resolve(value: never): void;
  reject(cause: unknown): void;
};

/**
 * A worker that `start` starts when it is first called, and anew when it ended or was stuck. What was asked of one that ended by
 * itself is asked once more, of the next one; its progress is told from the beginning then. `silenceMs` is how long it
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

  /** The first of its key, behind which another one may wait. */
  function askFirst(call: Call, next?: Call): void {
    const id = ask(call);
    if (call.latest !== undefined) latest.set(call.latest, next === undefined ? { id } : { id, next });
  }

  function begin(): Started {
    const worker = start();
    started = worker;
    hasSpoken = false;
    worker.listen((answered) => {
      if (started === worker) hear(answered);
    });
    worker.onEnd((why) => {
      // One that was ended on purpose tells of it later.
      if (started === worker) askAgain(new WorkerEnded(`The compiler ended: ${why}`));
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
    else askFirst(turn.next);
  }

  /** Ends the worker; returns what was asked of it, each with what comes behind it. */
  function letGo(): { call: Call; next: Call | undefined }[] {
    const worker = started;
    started = undefined;
    clearTimeout(watch);
    const lost = [...running].map(([id, call]) => {
      const turn = call.latest === undefined ? undefined : latest.get(call.latest);
      return { call, next: turn?.id === id ? turn.next : undefined };
    });
    running.clear();
    latest.clear();
    worker?.end();
    return lost;
  }

  function fail(cause: Error): void {
    for (const { call, next } of letGo()) {
      call.reject(cause);
      next?.reject(cause);
    }
  }

  function askAgain(cause: WorkerEnded): void {
    for (const { call, next } of letGo()) {
      if (!call.isAgain && !call.signal?.aborted) {
        call.isAgain = true;
        askFirst(call, next);
        continue;
      }
      call.reject(cause);
      // What had not begun has nothing to do with it.
      if (next !== undefined) askFirst(next);
    }
  }

  return {
    call(kind, argument, { signal, latest: key, onProgress } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const call: Call = { kind, argument, latest: key, signal, onProgress, resolve, reject };
        const turn = key === undefined ? undefined : latest.get(key);
        if (turn !== undefined) {
          turn.next?.reject(new Superseded());
          turn.next = call;
        } else {
          askFirst(call);
        }
        signal?.addEventListener("abort", () => {
          const asked = idOf(call);
          if (asked !== undefined) started?.post({ abort: asked });
          for (const each of latest.values()) if (each.next === call) delete each.next;
          reject(signal.reason);
        });
      });
    },
    close: () => fail(new WorkerClosed("The compiler was ended")),
  };

  function idOf(call: Call): number | undefined {
    return [...running].find(([, each]) => each === call)?.[0];
  }
}
