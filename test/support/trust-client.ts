import {
  createUpdater,
  memoryStore,
  type TrustStore,
  type Updater,
  type UpdaterEvent,
  type UpdaterOptions,
} from "@haggle/sdk/trust";
import { createWorld, NOW, type World } from "./trust-shop.ts";

/** A client of a world, with what it is told, a clock to set and a store that outlives it. */
export async function createClient() {
  const world: World = await createWorld();
  const events: UpdaterEvent[] = [];
  const clock = { now: NOW };
  let saves = 0;
  const kept = memoryStore();
  const store: TrustStore = {
    load: kept.load,
    async save(state) {
      saves++;
      await kept.save(state);
    },
  };
  return {
    ...world,
    events,
    clock,
    store,
    saves: () => saves,
    /** An updater as a program that starts now has it. */
    open: (options: Partial<UpdaterOptions> = {}): Updater =>
      createUpdater({
        root: world.root.bytes,
        channel: "stable",
        source: world.source,
        store,
        clock: () => clock.now,
        onEvent: (event) => events.push(event),
        ...options,
      }),
    /** Codes of what was refused, those with an alarm in capitals with a mark. */
    refusals: (): string[] =>
      events.flatMap((event) =>
        event.type === "refused" ? [`${event.alarm ? "! " : ""}${event.error.code}`] : [],
      ),
  };
}

export type TrustClient = Awaited<ReturnType<typeof createClient>>;
