import type { Circuit } from "../../platform/redis-circuit.ts";
import type { GateScripts, StockLevel, Token } from "./gate-scripts.ts";

type Dependencies = {
  scripts: Pick<GateScripts, "settle">;
  circuit: Pick<Circuit, "call" | "isOpen">;
  epoch: { current(): string | undefined; renew(): void };
};

/** Of a script, which nothing else can interrupt. */
const MAX_LEVELS = 500;
const MAX_TOKENS = 128;
/** Kept while Redis is away. What is forgotten comes right by the next change, a look, or the end of a token. */
const MAX_KEPT = 8_192;

/**
 * Tells Redis what the database has decided, one script at a time: what comes while one is under way goes together into the
 * next. What fails is told again later; a revision and an attempt keep it from undoing what is newer.
 */
export function createNews({ scripts, circuit, epoch }: Dependencies) {
  let levels = new Map<string, StockLevel>();
  let tokens = new Map<string, Token>();
  let running: Promise<void> | undefined;
  let isWoken = false;

  async function work(): Promise<void> {
    isWoken = false;
    while (levels.size + tokens.size > 0 && !circuit.isOpen()) {
      const told = epoch.current();
      if (told === undefined) return epoch.renew();
      const some = take();
      const count = await circuit.call(async () => (await scripts.settle(told, ...some)) ?? "otherEpoch");
      if (count === undefined) return add(...some);
      // Of another epoch nothing is known: levels are read again, and nothing is in flight.
      if (count === "otherEpoch") epoch.renew();
    }
  }

  function take(): [levels: StockLevel[], tokens: Token[]] {
    const someLevels = [...levels.values()].slice(0, MAX_LEVELS);
    const someTokens = [...tokens.values()].slice(0, MAX_TOKENS);
    for (const { sku } of someLevels) levels.delete(sku);
    for (const { order } of someTokens) tokens.delete(order);
    return [someLevels, someTokens];
  }

  function add(someLevels: readonly StockLevel[], someTokens: readonly Token[]): void {
    for (const level of someLevels) {
      const known = levels.get(level.sku);
      if (known === undefined || known.revision < level.revision) levels.set(level.sku, level);
    }
    for (const token of someTokens) {
      const known = tokens.get(token.order);
      if (known === undefined || known.attempt < token.attempt) tokens.set(token.order, token);
    }
    if (levels.size > MAX_KEPT) levels = new Map();
    if (tokens.size > MAX_KEPT) tokens = new Map();
  }

  function flush(): Promise<void> {
    // Those of one turn of the event loop go together.
    running ??= new Promise<void>((next) => void setImmediate(next)).then(work).finally(() => {
      running = undefined;
      if (isWoken) void flush();
    });
    return running;
  }

  return {
    tell(someLevels: readonly StockLevel[], someTokens: readonly Token[]): void {
      if (someLevels.length + someTokens.length === 0) return;
      add(someLevels, someTokens);
      isWoken = true;
      void flush();
    },
    /** What is there to tell still. */
    flush,
  };
}
