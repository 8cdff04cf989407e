// A worker at the edge, as test/e2e/edge.test.ts starts it in workerd: every path does one thing and answers in JSON.

import { type Cart, createEngine, HaggleError } from "@haggle/sdk";
import { type Bootstrap, createHaggle } from "@haggle/sdk/client";
import { precompiled } from "@haggle/sdk/edge";
import { cdnSource, createBundles, createUpdater, type Updater } from "@haggle/sdk/trust";

/** What it was deployed with. */
export type Env = {
  BUNDLE: ArrayBuffer;
  MODULE: WebAssembly.Module;
  /** Of another bundle. */
  OTHER: WebAssembly.Module;
  RELEASE: string;
  ROOT: string;
  BOOTSTRAP: string;
  CDN: string;
};
type Context = { waitUntil(work: Promise<unknown>): void };

const STEPS: Record<string, (env: Env, cart: Cart, context: Context) => unknown> = {
  async "/engine"(env, cart) {
    const { OTHER, MODULE } = env;
    return (await makeEngine(env, precompiled(OTHER, MODULE))).evaluate(cart);
  },
  async "/foreign-module"(env, cart) {
    return (await makeEngine(env, precompiled(env.OTHER))).evaluate(cart);
  },
  async "/compiles"(env, cart) {
    return (await makeEngine(env)).evaluate(cart);
  },
  "/eval"() {
    // biome-ignore lint/security/noGlobalEval: whether this host has it is what is asked.
    return globalThis.eval("1 + 1");
  },
  async "/client"(env, cart) {
    const { ROOT: root, BOOTSTRAP, CDN: cdn, MODULE } = env;
    const bootstrap: Bootstrap = JSON.parse(BOOTSTRAP);
    const seen: unknown[] = [];
    const haggle = createHaggle({
      ...{ root, cdn, bootstrap, compile: precompiled(MODULE), marks: true },
      onEvaluate: ({ ok, source, fuelUsed }) => seen.push({ ok, source, fuelUsed }),
    });
    await haggle.ready();
    const decision = haggle.evaluate(cart);
    haggle.close();
    return { decision, seen, release: haggle.state?.release };
  },
  async "/follows"(env, cart, context) {
    updater ??= createUpdater({
      ...{ root: env.ROOT, channel: "stable", source: cdnSource(env.CDN) },
      bundles: createBundles({ compile: precompiled(env.MODULE) }),
    });
    if (updater.live === undefined) await updater.update();
    else context.waitUntil(updater.update());
    const { engine, version } = updater.live!;
    return { version, decision: engine.evaluate(cart) };
  },
};

/** One for all requests of a worker. */
let updater: Updater | undefined;

function makeEngine({ BUNDLE, RELEASE, ROOT }: Env, compile?: ReturnType<typeof precompiled>) {
  const bundle = new Uint8Array(BUNDLE);
  return createEngine({ bundle, release: RELEASE, root: ROOT, ...(compile && { compile }) });
}

export function createWorker(env: Env) {
  return {
    async fetch(request: Request, _: unknown, context: Context): Promise<Response> {
      const step = STEPS[new URL(request.url).pathname]!;
      try {
        return Response.json(await step(env, (await request.json()) as Cart, context));
      } catch (error) {
        const { name, message, code } = error as HaggleError;
        return Response.json({ name, code: error instanceof HaggleError ? code : undefined, message });
      }
    },
  };
}
