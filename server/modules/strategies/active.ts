import { readFile } from "node:fs/promises";
import { findFaults, type RuleMetadata, type Strategy, schemaParts } from "@haggle/abi";
import { replaceFile } from "@haggle/sdk/node";
import type { Logger } from "pino";
import type { Database } from "../../platform/database/database.ts";
import type { LiveRelease, Releases } from "../releases/service.ts";
import type { Reader } from "./reader.ts";
import type { ActiveStrategy, StoredSet, StrategySet } from "./set.ts";
import { findFile, findHead, type Head } from "./store.ts";
import { digestOf, type NewVersion, type Offered } from "./versions.ts";

type Dependencies = {
  database: Database;
  releases: Pick<Releases, "name" | "find" | "listChannels">;
  reader: Reader;
  /** Keeps the set in force over restarts. */
  stateFile: string;
  log: Logger;
};

type State = { number: number; text: string };

/** The set in force in this process: what the database says, and until it says anything what was in force before. */
export function createActive({ database, releases, reader, stateFile, log }: Dependencies) {
  const listeners = new Set<() => void>();
  const views = new Map<string, { key: string; set: StrategySet }>();
  let head: Head | undefined;
  let stored: StoredSet | undefined;

  /** What the database has, when it has another one than this process. */
  async function look(): Promise<void> {
    const next = await findHead(database);
    if (next === undefined || next.revision === head?.revision) {
      // Kept of a database that is not there any more.
      if (next === undefined && stored !== undefined) swap(undefined);
      return;
    }
    const { active } = next;
    let taken: State | undefined;
    if (active === null) swap(undefined);
    else if (active !== stored?.version || head === undefined) {
      const found = await findFile(database, active);
      if (found === undefined) return;
      if (await take(found)) taken = found;
    }
    head = next;
    if (taken !== undefined) await keep(taken);
  }

  /**
   * What this process has committed itself, and read before: the database is not asked for it again. Where that is not what
   * is in force, or another process was in between, it looks.
   */
  async function settle({ text, digest, file }: NewVersion, { number, head: next }: Offered): Promise<void> {
    if (next.active !== file.version || (head !== undefined && next.revision < head.revision)) return look();
    const isOther = swap({ ...file, number, digest });
    head = next;
    if (isOther) await keep({ number, text });
  }

  /** A text that was in force once is read without the rules of today: what they cannot price is withdrawn. */
  async function take(state: State): Promise<boolean> {
    const { file, faults } = await reader.readOwn({ text: state.text });
    if (file === undefined) {
      log.error({ fault: faults[0] }, "the strategies in force cannot be read; those before them stay");
      return false;
    }
    return swap({ ...file, number: state.number, digest: digestOf(state.text) });
  }

  async function keep(state: State): Promise<void> {
    await replaceFile(stateFile, (file) => file.writeFile(JSON.stringify(state))).catch((cause: unknown) =>
      log.warn({ err: cause }, "the strategies in force cannot be kept on disk"),
    );
  }

  /** @returns whether it is another one */
  function swap(next: StoredSet | undefined): boolean {
    if (next?.digest === stored?.digest && next?.number === stored?.number) return false;
    stored = next;
    log.info({ version: next?.version, number: next?.number }, "strategies are in force");
    for (const listener of listeners) listener();
    return true;
  }

  async function restore(): Promise<void> {
    const text = await readFile(stateFile, "utf8").catch(() => undefined);
    if (text === undefined) return;
    try {
      const { number, text: kept } = JSON.parse(text) as State;
      await take({ number, text: kept });
    } catch (cause) {
      log.warn({ err: cause }, "the strategies kept on disk cannot be read");
    }
  }

  function findActive(channel: string = releases.name): StrategySet | undefined {
    if (stored === undefined) return undefined;
    const live = releases.find(channel);
    const key = [
      stored.digest,
      stored.number,
      live?.engine.bundle,
      ...(live?.channel.off.rules ?? []),
    ].join();
    const known = views.get(channel);
    if (known?.key === key) return known.set;
    const set = { ...stored, strategies: viewOf(stored.strategies, channel, live) };
    views.set(channel, { key, set });
    return set;
  }

  return {
    look,
    settle,
    restore,
    findActive,
    findHead: (): Head | undefined => head,
    /** Strategies that price nothing on some channel, because of its release. */
    listWithdrawn(): { channel: string; strategy: string }[] {
      return releases
        .listChannels()
        .flatMap((channel) =>
          (findActive(channel)?.strategies ?? [])
            .filter(({ withdrawn }) => withdrawn)
            .map(({ id }) => ({ channel, strategy: id })),
        );
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Nothing is withdrawn for want of a release, without which nothing is priced anyway. */
function viewOf(
  strategies: readonly Strategy[],
  channel: string,
  live: LiveRelease | undefined,
): ActiveStrategy[] {
  const own = strategies.filter(({ channels }) => channels === undefined || channels.includes(channel));
  if (live === undefined) return own;
  const off = new Set(live.channel.off.rules);
  const isSound = createSoundness(live.engine.rules);
  return own.map((strategy) =>
    off.has(strategy.rule) || !isSound(strategy) ? { ...strategy, withdrawn: true } : strategy,
  );
}

/**
 * Whether a release can price by a strategy: the rule is there, and takes these parameters. All else that a schema says of it held
 * when it was read, and of thousands it would be asked again with each release.
 */
function createSoundness(rules: readonly RuleMetadata[]): (strategy: Strategy) => boolean {
  const schemas = new Map(
    rules
      .filter(({ kind }) => kind === "pricing")
      .map((rule) => [rule.name, schemaParts.parametersOf(rule)] as const),
  );
  return ({ rule, parameters, experiment }) => {
    const schema = schemas.get(rule);
    if (schema === undefined) return false;
    const given = [parameters, ...Object.values(experiment?.variants ?? {}).filter((each) => each !== false)];
    return given.every((each) => findFaults(each, schema, schema).length === 0);
  };
}
