import type { Haggle } from "../client/haggle.ts";

/** What a provider's life hangs on. */
export type LivingClient = Pick<Haggle, "state" | "on" | "ready" | "fallback">;

/** Events of a provider, by the names that both SDKs of OpenFeature give them. */
type Told = "Ready" | "ConfigurationChanged" | "Stale";

/** Nothing that comes later helps: this host runs no rules, or the program has pinned one machine's development root. */
const NEVER: readonly string[] = ["ENGINE_WASM_BLOCKED", "SIGNATURE_UNSUPPORTED", "DOCUMENT_DEVELOPMENT"];

/**
 * When a provider is ready, stale, in error or fatal, by its clients: the same for pages and for servers. `Fatal` is the error of
 * the SDK in use. However often it begins, it listens once.
 */
export function createLifecycle(
  clients: readonly LivingClient[],
  tell: (event: Told) => void,
  Fatal: new (message: string, options: { cause: unknown }) => Error,
) {
  let offs: (() => void)[] = [];
  let wasFresh = false;

  function isFresh(): boolean {
    return clients.every(({ state }) => state?.stale === false);
  }

  /** `isFine`: nobody is told that it is in error. */
  function follow(isFine: boolean): void {
    end();
    wasFresh = isFine && isFresh();
    offs = clients.flatMap((client) => [
      client.on("update", () => {
        const becomesFresh = !wasFresh && isFresh();
        wasFresh = isFresh();
        // Variants may change under what is stale, which it stays.
        tell(becomesFresh ? "Ready" : "ConfigurationChanged");
      }),
      client.on("stale", tellStale),
    ]);
    tellStaleSoon();
  }

  function tellStale(): void {
    wasFresh = false;
    tell("Stale");
  }

  /** Whoever begins, or has changed the context, is told that it is ready, and only then that it is not quite. */
  function tellStaleSoon(): void {
    setTimeout(() => offs.length > 0 && clients.some(({ state }) => state?.stale) && tellStale());
  }

  function end(): void {
    for (const off of offs) off();
    offs = [];
  }

  return {
    /** @throws `Fatal`; HaggleError: why there is nothing, which may come later */
    async begin(prepare?: () => Promise<void>): Promise<void> {
      let isFine = false;
      try {
        await prepare?.();
        await Promise.all(clients.map((client) => client.ready()));
        isFine = true;
      } catch (cause) {
        const never = clients.find(({ fallback }) => fallback !== undefined && NEVER.includes(fallback.code));
        throw never ? new Fatal(never.fallback!.code, { cause }) : cause;
      } finally {
        follow(isFine);
      }
    },
    /** Another context, after which the SDK calls ready what does not reject. */
    async change(use: () => Promise<void>): Promise<void> {
      try {
        await use();
        for (const { fallback } of clients) if (fallback !== undefined) throw fallback;
      } catch (cause) {
        wasFresh = false;
        throw cause;
      }
      tellStaleSoon();
    },
    end,
  };
}
