// Runs the golden updates with the real updater. Bundled by esbuild for browsers, imported as it is in Node: what two
// hosts make of the same source is compared line by line.

import { HaggleError } from "@haggle/abi";
import { sha256Hex, verifyChannel, verifyPrices, verifyRoot } from "@haggle/sdk";
import {
  createUpdater,
  type Live,
  pathOf,
  type ReleaseSource,
  type TrustState,
  type TrustStore,
  type Updater,
  type UpdaterEvent,
} from "@haggle/sdk/trust";
import type { Counted, Expected, Refusal, Restored, UpdateCase } from "./update-cases.ts";

/** What became of a case, step by step. */
export type Outcome = {
  steps: { restored?: Restored; got: Expected; live: Counted | null }[];
  stored: Counted | null;
};

export type Blobs = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Where a client gets the files of a step from, and how it is told what there is. */
export type Transport = {
  source: ReleaseSource;
  show(tree: Readonly<Record<string, string>>): void | Promise<void>;
};

/** Without a network. */
export function directly(blobs: Blobs): Transport {
  let tree: Readonly<Record<string, string>> = {};
  return {
    source: async (wanted) => blobs.get(tree[pathOf(wanted)]!),
    show(shown) {
      tree = shown;
    },
  };
}

export async function runUpdateCase(
  { pinned, options, steps }: UpdateCase,
  blobs: Blobs,
  store: TrustStore,
  transport: Transport = directly(blobs),
): Promise<Outcome> {
  let root = pinned;
  let clock = 0;
  let events: UpdaterEvent[] = [];
  const blob = (digest: string) => blobs.get(digest)!;

  const start = (): Updater =>
    createUpdater({
      root: blob(root),
      channel: "stable",
      source: transport.source,
      store,
      clock: () => clock,
      ...options,
      onEvent: (event) => events.push(event),
    });

  const told = (): { told?: Refusal } => {
    const refusals = events.flatMap((event) => (event.type === "refused" ? [refusalOf(event)] : []));
    events = [];
    if (refusals.length > 1) throw new Error(`two refusals at once: ${JSON.stringify(refusals)}`);
    return refusals[0] ? { told: refusals[0] } : {};
  };

  const outcome: Outcome = { steps: [], stored: null };
  let updater = start();
  for (const step of steps) {
    clock = step.clock;
    await transport.show(step.tree);
    let restored: Restored | undefined;
    if (step.restart) {
      root = step.restart.pinned ?? root;
      const { state } = step.restart;
      if (state) await store.save(stateOf(state, blob));
      updater = start();
      const live = await updater.restore();
      restored = { ...(live && { accepted: countedOf(live) }), ...told() };
    }
    const before = updater.live;
    const got = await attempt(updater, told);
    // A kill holds, whatever is refused of what was to come instead.
    if ("refused" in got && updater.live !== before && !updater.live?.withdrawn)
      throw new Error("a refused update changed what is live");
    outcome.steps.push({
      ...(restored && { restored }),
      got,
      live: updater.live ? countedOf(updater.live) : null,
    });
  }
  const state = await store.load();
  outcome.stored = state ? await readCounted(state) : null;
  return outcome;
}

async function attempt(updater: Updater, told: () => { told?: Refusal }): Promise<Expected> {
  try {
    const live = await updater.update();
    return { accepted: countedOf(live), ...told() };
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    // The event that tells of it is the refusal itself, with its alarm; one that repeats itself has none.
    const { told: event } = told();
    return { refused: { ...refusalOf({ error, alarm: false }), alarm: event?.alarm ?? false } };
  }
}

function refusalOf({ error: { code, at }, alarm }: { error: HaggleError; alarm: boolean }): Refusal {
  return { code, ...(at !== undefined && { at: String(at) }), alarm };
}

function countedOf({ trusted, version, release, prices, withdrawn }: Live): Counted {
  return {
    root: trusted.root.version,
    channel: version,
    release,
    ...(prices && { prices: prices.version }),
    ...(withdrawn && { withdrawn }),
  };
}

/** What a stored state says, read again from its bytes: nothing that nobody signed is ever stored. */
async function readCounted(state: TrustState): Promise<Counted> {
  const trusted = await verifyRoot(state.roots.at(-1)!);
  const { channel } = await verifyChannel(state.channel, trusted);
  const { payload } = JSON.parse(new TextDecoder().decode(state.release)) as { payload: string };
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  const release = await sha256Hex(bytes);
  const { version } = JSON.parse(new TextDecoder().decode(bytes)) as { version: number };
  const withdrawn = channel.off.releases.includes(release) || version < channel.minRelease;
  const prices = state.prices && (await verifyPrices(state.prices, trusted)).prices;
  return {
    root: trusted.root.version,
    channel: channel.version,
    release,
    // Remembered prices of another release are a floor, and no prices.
    ...((prices?.release === release || prices?.also?.includes(release)) && { prices: prices.version }),
    ...(withdrawn && { withdrawn }),
  };
}

function stateOf(
  {
    roots,
    channel,
    release,
    bundle,
    prices,
  }: NonNullable<NonNullable<UpdateCase["steps"][0]["restart"]>["state"]>,
  blob: (digest: string) => Uint8Array,
): TrustState {
  return {
    roots: roots.map(blob),
    channel: blob(channel),
    release: blob(release),
    bundle: blob(bundle),
    ...(prices !== undefined && { prices: blob(prices) }),
  };
}
