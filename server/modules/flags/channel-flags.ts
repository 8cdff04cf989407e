import { HaggleError } from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import type { AssignmentContext } from "@haggle/sdk/experiments";
import { type Flag, listParameterFlags, RELEASE_PREFIX, releaseFlag } from "@haggle/sdk/flags";
import type { Experiments, Running } from "../experiments/service.ts";
import type { Releases } from "../releases/service.ts";
import { type ExperimentFlag, listExperimentFlags } from "./experiment-flags.ts";
import { encodeFlag } from "./flag.ts";

export type ChannelFlags = ReturnType<typeof createChannelFlags>;

/** Whose flags are asked for. */
export type Asker = {
  /** The unit of customers. */
  targetingKey: string;
  context: Readonly<Record<string, unknown>>;
  /** Whether a server asks, and not whoever it may be: what it is told is what its customer keeps. */
  isTrusted: boolean;
};

type Dependencies = {
  releases: Releases;
  experiments: Experiments;
  /** Whose experiments and promotions have flags. */
  channel: string;
};

/** All flags of a moment, each as it is answered, as far as nobody in particular has to be known. */
type Ruleset = {
  rows: string;
  running: Running | undefined;
  experiments: ReadonlyMap<string, ExperimentFlag>;
};

/** All kinds. */
const UNITS = ["customer", "session", "cart", "sku"] as const;

/** The flags of one channel, and `release.CHANNEL` of all. */
export function createChannelFlags({ releases, experiments, channel }: Dependencies) {
  let ruleset: Ruleset | undefined;
  /** Of releases, as long as what is switched off in the channel is the same. */
  let parameters = new Map<string, ReadonlyMap<string, string>>();
  let parametersOf: string | undefined;

  /** Made anew when a document or an experiment is another one. */
  function getRuleset(): Ruleset {
    const rows = experiments.tag();
    const running = experiments.findSigned(channel);
    if (ruleset?.rows === rows && ruleset.running === running) return ruleset;
    const own = experiments.listDefinitions().filter((row) => row.channel === channel);
    ruleset = { rows, running, experiments: listExperimentFlags(own, running) };
    return ruleset;
  }

  function parametersFor(
    release: string,
  ): ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>> {
    const live = releases.find(channel);
    if (live === undefined) return new Map();
    const { sha256 } = live.documents.channel;
    if (parametersOf !== sha256) {
      parametersOf = sha256;
      parameters = new Map();
    }
    // By the time that an engine is there, what is switched off may be another list, with flags of its own.
    const flagsOf = parameters;
    const known = flagsOf.get(release);
    if (known !== undefined) return known;
    const keep = (engine: Pick<Engine, "promotions" | "rules">): ReadonlyMap<string, string> => {
      const listed = listParameterFlags(engine, live.channel.off);
      const flags = new Map(listed.map((flag) => [flag.key, encodeFlag(flag)]));
      flagsOf.set(release, flags);
      return flags;
    };
    if (release === live.release) return keep(live.engine);
    return releases.getEngine(release, channel).then(keep, (cause: unknown) => {
      // Of a release that prices nothing there is nothing to be told, and the other flags are as they were.
      if (!(cause instanceof HaggleError) || cause.code === "SERVER_DATABASE") throw cause;
      return new Map();
    });
  }

  function findRelease(name: string, unit: string): (Flag & { value: string }) | undefined {
    const document = releases.find(name)?.channel;
    return document && releaseFlag(name, document, unit);
  }

  function contextOf({ targetingKey, context }: Asker): AssignmentContext {
    const { session, cart, sku } = context;
    const units = { customer: targetingKey, session: idOf(session), cart: idOf(cart), sku: idOf(sku) };
    return { units, attributes: context };
  }

  /** As one who is priced, but that nothing is remembered of a stranger, who could name anybody. */
  function assign<T>(asker: Asker, work: (context: AssignmentContext) => T): T | Promise<T> {
    const context = contextOf(asker);
    const loading = experiments.remember(channel, context.units);
    const run = () =>
      asker.isTrusted ? work(context) : experiments.withoutSaving(UNITS, () => work(context));
    return loading === undefined ? run() : loading.then(run);
  }

  function evaluateExperiment(flag: ExperimentFlag, context: AssignmentContext): string {
    const outcome = experiments.assigner(channel)?.assign(flag.key, context);
    return flag.answer(outcome);
  }

  return {
    /** The flag as JSON; undefined where there is no such flag. */
    evaluate(key: string, asker: Asker): string | undefined | Promise<string | undefined> {
      const flag = getRuleset().experiments.get(key);
      if (flag !== undefined) return assign(asker, (context) => evaluateExperiment(flag, context));
      if (key.startsWith(RELEASE_PREFIX)) {
        const found = findRelease(key.slice(RELEASE_PREFIX.length), asker.targetingKey);
        if (found !== undefined) return encodeFlag(found);
      }
      const release = findRelease(channel, asker.targetingKey);
      if (release === undefined) return undefined;
      const flags = parametersFor(release.value);
      return flags instanceof Promise ? flags.then((found) => found.get(key)) : flags.get(key);
    },
    /** All flags, as the JSON of a list. */
    async evaluateAll(asker: Asker): Promise<string> {
      const { experiments: flags } = getRuleset();
      const evaluated = await assign(asker, (context) =>
        [...flags.values()].map((flag) => evaluateExperiment(flag, context)),
      );
      for (const name of releases.listChannels()) {
        const flag = findRelease(name, asker.targetingKey);
        if (flag !== undefined) evaluated.push(encodeFlag(flag));
      }
      const release = findRelease(channel, asker.targetingKey);
      if (release !== undefined) evaluated.push(...(await parametersFor(release.value)).values());
      return `[${evaluated.join()}]`;
    },
  };
}

function idOf(value: unknown): string | number | undefined {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}
