// The worker's own half: takes calls from the channel, one after another as they come, and answers them.

import { parsePolicy } from "@haggle/abi";
import { createCompiler } from "@haggle/toolchain";
import type { Texts } from "../shared/beginnings.ts";
import { CALLS, type CallContext, type CallKind } from "./calls.ts";
import type { Answered, Asked, Channel } from "./channel.ts";
import { sendable } from "./errors.ts";
import { createKeptBuilds } from "./kept-builds.ts";

/** How often the server is told that something is still being done. A thread that is stuck cannot say so. */
const ALIVE_EVERY_MS = 5_000;

/** Serves calls for ever. */
export function serveCalls(
  channel: Channel<Answered, Asked>,
  texts: WorkerTexts,
  options: WorkerOptions = { isPlain: false },
): void {
  const { compiler, builds, presets } = toolsOf(texts, options);
  const running = new Map<number, AbortController>();
  let alive: ReturnType<typeof setInterval> | undefined;

  channel.listen((asked) => {
    if ("abort" in asked) running.get(asked.abort)?.abort();
    else void answer(asked);
  });

  async function answer({ id, kind, argument }: Extract<Asked, { id: number }>): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    alive ??= setInterval(() => channel.post({ alive: true }), ALIVE_EVERY_MS);
    try {
      const context: CallContext = {
        compiler,
        builds,
        presets,
        signal: controller.signal,
        onProgress: (progress) => channel.post({ id, progress }),
      };
      channel.post({ id, value: await run(kind, argument, context) });
    } catch (cause) {
      channel.post({ id, error: sendable(cause) });
    } finally {
      running.delete(id);
      if (running.size === 0) {
        clearInterval(alive);
        alive = undefined;
      }
    }
  }
}

/** The texts that the worker begins with; those of the language service stay with the server. */
export type WorkerTexts = Pick<Texts, "runtime.json" | "policies.json">;

/** As `createCompiler` takes them. */
export type WorkerOptions = { isPlain: boolean };

function toolsOf(
  texts: WorkerTexts,
  { isPlain }: WorkerOptions,
): Pick<CallContext, "compiler" | "builds" | "presets"> {
  const compiler = createCompiler({ runtime: JSON.parse(texts["runtime.json"]), isPlain });
  const policies = Object.entries(JSON.parse(texts["policies.json"]) as Record<string, unknown>);
  const presets = Object.fromEntries(policies.map(([name, policy]) => [name, parsePolicy(policy, name)]));
  return { compiler, builds: createKeptBuilds({ compiler, presets }), presets };
}

async function run(kind: string, argument: unknown, context: CallContext): Promise<unknown> {
  if (!Object.hasOwn(CALLS, kind)) throw new Error(`The worker knows no call ${kind}`);
  // Kind and argument were one typed call when they were posted.
  const call = CALLS[kind as CallKind] as (argument: unknown, context: CallContext) => unknown;
  return call(argument, context);
}
