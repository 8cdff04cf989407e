import type { Channel } from "@haggle/abi";
import type { Haggle } from "../client/haggle.ts";
import type { Engine } from "../engine.ts";
import { experimentFlag, pausedFlag } from "./experiment-flag.ts";
import type { Flag } from "./flag.ts";
import { listParameterFlags } from "./parameter-flags.ts";
import { RELEASE_PREFIX, releaseFlag } from "./release-flag.ts";

/** What flags are read from. */
export type FlagSource = Pick<Haggle, "engine" | "state" | "channel" | "experiments" | "unit">;

/** Whose flag it is, as OpenFeature says it. */
export type FlagContext = {
  readonly targetingKey?: string | undefined;
  readonly [attribute: string]: unknown;
};

/** `elsewhere`: of a release that none of the clients has in use. `bad-target`: a targeting key that is no text. */
export type FlagAnswer = Flag | "unknown" | "elsewhere" | "not-ready" | "bad-target";

/**
 * Flags of what these clients hold, with the answers of the server's OFREP: experiments by their keys, `release.CHANNEL`, and
 * `PROMOTION.PARAMETER` of the release that somebody has. Without a targeting key it is whom the client is for.
 */
export function createLocalFlags(clients: readonly FlagSource[]) {
  const [first] = clients;
  const parameters = new WeakMap<Engine, { of: Channel; flags: ReadonlyMap<string, Flag> }>();

  /** Of one release under one channel document, which says what is switched off. */
  function parametersOf({ engine, channel }: FlagSource): ReadonlyMap<string, Flag> {
    if (engine === undefined || channel === undefined) return new Map();
    const known = parameters.get(engine);
    if (known?.of === channel) return known.flags;
    const flags = new Map(listParameterFlags(engine, channel.off).map((flag) => [flag.key, flag]));
    parameters.set(engine, { of: channel, flags });
    return flags;
  }

  function findExperiment(key: string, context: FlagContext): Flag | undefined {
    const { experiments } = first!;
    const paused = experiments?.signed?.paused?.find((each) => each.key === key);
    if (paused !== undefined) return pausedFlag(paused);
    const running = experiments?.signed?.experiments.find((each) => each.key === key);
    if (experiments === undefined || running === undefined) return undefined;
    const { session, cart, sku } = context;
    const unit = targetOf(context);
    const units = { session: idOf(session), cart: idOf(cart), sku: idOf(sku) };
    const who = {
      unit,
      units: unit === undefined ? units : { ...units, customer: unit },
      attributes: context,
    };
    return experimentFlag(running, experiments.assign(key, who));
  }

  return (key: string, context: FlagContext): FlagAnswer => {
    const { channel } = first!;
    if (channel === undefined) return "not-ready";
    // As the server's OFREP has it: what is no text has no bucket of its own.
    const target: unknown = context.targetingKey ?? "";
    if (typeof target !== "string") return "bad-target";
    const experiment = findExperiment(key, context);
    if (experiment !== undefined) return experiment;
    const release = releaseFlag(channel.channel, channel, targetOf(context) ?? first!.unit);
    if (release === undefined) return "unknown";
    if (key === RELEASE_PREFIX + channel.channel) return release;
    const holder = clients.find(
      ({ state, engine }) => engine !== undefined && state?.release === release.value,
    );
    if (holder !== undefined) return parametersOf(holder).get(key) ?? "unknown";
    // A key that no release of ours knows is none of another release either, as far as anybody can tell.
    return clients.some((client) => parametersOf(client).has(key)) ? "elsewhere" : "unknown";
  };
}

/** Whom a context names; none who has no name, as pages have it of somebody who is not signed in. */
export function targetOf({ targetingKey }: FlagContext): string | undefined {
  return typeof targetingKey === "string" && targetingKey !== "" ? targetingKey : undefined;
}

/** What may be a unit. */
export function idOf(value: unknown): string | number | undefined {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}
