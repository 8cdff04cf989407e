import { HaggleError, type RuleMetadata, type StrategyFile, strategySchema } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Audit } from "../audit/service.ts";
import type { Releases } from "../releases/service.ts";
import { createActive } from "./active.ts";
import { type Difference, diffStrategies } from "./diff.ts";
import { createFileFollower } from "./file-follower.ts";
import type { Answer, Order, SkuExperiments } from "./order.ts";
import type { Fault } from "./read.ts";
import { createReader } from "./reader.ts";
import type { Decision } from "./resolve-experiment.ts";
import { findFile, listVersions, type VersionRow } from "./store.ts";
import { type Asker, createVersions, digestOf, type Place, TOPIC } from "./versions.ts";

export type { ActiveStrategy, StrategySet } from "./set.ts";

/** A set that is nowhere yet: what follows from the one in force, as a file. */
export type StrategiesDraft = {
  kind: "strategies";
  version: string;
  /** The one in force, which it follows. */
  previous: string;
  text: string;
  /** Ids of strategies that do not name the experiment any more, and of those that are no more. */
  changed: string[];
  removed: string[];
  /** Other channels whose prices change with it. */
  elsewhere: string[];
  /** What is odd in it, such as a strategy whose skus all go to another one now. */
  warnings: Fault[];
};

export type Strategies = ReturnType<typeof createStrategies>;

type Dependencies = {
  database: Database;
  releases: Pick<Releases, "name" | "find" | "listChannels" | "subscribe">;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  telemetry: Telemetry;
  /** Where `strategies.yaml` lies; versions come by the interface alone when left out. */
  folder: string | undefined;
  /** For what files say of experiments. */
  listSkuExperiments: () => SkuExperiments;
  stateFile: string;
  clock: Clock;
  log: Logger;
};

/** Of a text with errors in it; warnings refuse nothing. */
class RefusedStrategies extends HaggleError {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const { code, message, at, value } = faults.find(({ severity }) => severity === "error")!;
    super(code, message, { at, value });
    this.faults = faults;
  }
}

/** Hints of the database get lost; one small query. */
const POLL_MS = 2_000;
const PAGE = 50;

/**
 * The strategies of a tenant: versions of one file, which of them is in force, and what of it each channel's release can
 * price. All servers on one database agree.
 */
export function createStrategies(dependencies: Dependencies) {
  const { database, releases, audit, outbox, telemetry, folder, listSkuExperiments, stateFile, clock, log } =
    dependencies;
  const versions = createVersions({ database, audit, outbox, clock });
  const reader = createReader();
  const active = createActive({ database, releases, reader, stateFile, log });
  const readText = (
    text: string,
    rules: readonly RuleMetadata[] | undefined,
    decided?: Order["decided"],
  ): Promise<Answer> => reader.readAsked({ text, rules, experiments: listSkuExperiments(), decided });
  const outcomes = telemetry.counter({
    name: "haggle_strategies_files_total",
    help: "Files of strategies that were accepted or refused.",
    label: "outcome",
  });
  const follower =
    folder === undefined
      ? undefined
      : createFileFollower({
          folder,
          versions,
          findRules,
          readText: (text, rules) => reader.readOwn({ text, rules, experiments: listSkuExperiments() }),
          run,
          settle: active.settle,
          count: (outcome) => outcomes.add(outcome),
          log,
        });
  let last = Promise.resolve();
  let isClosed = false;

  telemetry.gauge({
    name: "haggle_strategies_number",
    help: "Of the set of strategies in force; 0 without one.",
    read: () => [["", active.findActive()?.number ?? 0]],
  });
  telemetry.gauge({
    name: "haggle_strategies_withdrawn",
    help: "Strategies in force by which a channel's release cannot price.",
    read: () => [["", active.listWithdrawn().length]],
  });

  /** One after another: what the database says, and what the folder has. */
  function run(task: () => Promise<void>): Promise<void> {
    if (!isClosed) last = last.then(task).catch(fail);
    return last;
  }

  function fail(cause: unknown): void {
    if (!(cause instanceof HaggleError)) log.error({ err: cause }, "looking after strategies failed");
    else log.warn({ code: cause.code, reason: cause.message }, "strategies could not be looked after");
  }

  const refresh = (): Promise<void> => run(active.look);

  /** Of all live releases, the main channel's first. What a channel cannot price is withdrawn there. */
  function findRules(): readonly RuleMetadata[] | undefined {
    const channels = [releases.name, ...releases.listChannels()];
    const bundles = channels.flatMap((channel) => releases.find(channel)?.engine.rules ?? []);
    if (releases.find() === undefined && bundles.length === 0) return undefined;
    const byName = new Map<string, RuleMetadata>();
    for (const rule of bundles) if (!byName.has(rule.name)) byName.set(rule.name, rule);
    const rules = [...byName.values()];
    const isSame = rules.length === known.length && rules.every((rule, index) => rule === known[index]);
    if (!isSame) known = rules;
    return known;
  }
  let known: readonly RuleMetadata[] = [];
  let described: { rules: readonly RuleMetadata[] | undefined; text: string } | undefined;

  function describe(): string {
    const rules = findRules();
    if (described === undefined || described.rules !== rules) {
      described = { rules, text: JSON.stringify(strategySchema(rules)) };
    }
    return described.text;
  }

  /** @throws RefusedStrategies, HaggleError SERVER_NO_RELEASE */
  async function read(text: string, decided?: Decision): Promise<Answer & { file: StrategyFile }> {
    const rules = findRules();
    if (rules === undefined) throw new HaggleError("SERVER_NO_RELEASE", "No release to price by yet");
    const answer = await readText(text, rules, decided && { ...decided, now: clock() });
    const { file } = answer;
    if (file === undefined) throw new RefusedStrategies(answer.faults);
    return { ...answer, file };
  }

  async function getText(version: string): Promise<string> {
    await versions.getVersion(database, version);
    return (await findFile(database, version))!.text;
  }

  /**
   * A version that the release of today still can price; else it would come back with holes. It may wait for other readings,
   * which no transaction should: what a version says never changes, so what was checked is what comes into force.
   *
   * @throws RefusedStrategies, HaggleError STRATEGY_UNKNOWN_VERSION, SERVER_NO_RELEASE, SERVER_TOO_MANY_REQUESTS
   */
  async function checkToday(version: string): Promise<void> {
    await read(await getText(version));
  }

  return {
    /** What prices a channel now, the main one when left out; nothing where no set is in force. */
    findActive: active.findActive,
    /**
     * Calls `listener` when another set is in force, here or by another process, until the returned function is called.
     * What a new release changes is told by `releases.subscribe`.
     */
    onChange: active.subscribe,
    refresh,
    /** Everything that is wrong with a text. @throws HaggleError SERVER_NO_RELEASE */
    async check(text: string): Promise<{ version: string | undefined; faults: Fault[] }> {
      const rules = findRules();
      if (rules === undefined) throw new HaggleError("SERVER_NO_RELEASE", "No release to price by yet");
      const { file, faults } = await readText(text, rules);
      return { version: file?.version, faults };
    },
    /**
     * The set in force with an experiment over skus decided. undefined where no strategy in force names it.
     *
     * @throws RefusedStrategies where what follows is nothing that could be in force today, HaggleError SERVER_NO_RELEASE,
     * SERVER_TOO_MANY_REQUESTS
     */
    async draft(decided: { experiment: string; variant: string; channel: string }) {
      await refresh();
      const { experiment, channel } = decided;
      const others = releases.listChannels().filter((each) => each !== channel);
      const isNamed = [channel, ...others].some((each) =>
        active.findActive(each)?.strategies.some((strategy) => strategy.experiment?.key === experiment),
      );
      const previous = active.findHead()?.active ?? undefined;
      if (!isNamed || previous === undefined) return undefined;
      const { faults: warnings, resolved } = await read(await getText(previous), { ...decided, others });
      return resolved && ({ kind: "strategies", ...resolved, previous, warnings } satisfies StrategiesDraft);
    },
    /** The schema of files, as JSON: made once for the same rules. */
    describe,
    /** Keeps a version without any effect yet. @throws RefusedStrategies, HaggleError STRATEGY_BAD_FIELD, STRATEGY_VERSION_TAKEN */
    async put(version: string, text: string, asker: Asker) {
      const { file, faults } = await read(text);
      if (file.version !== version) {
        throw new HaggleError("STRATEGY_BAD_FIELD", "Not the version of the address", {
          at: "version",
          value: file.version,
        });
      }
      const outcome = await versions.put({ text, digest: digestOf(text), file }, "api", asker);
      return { outcome, faults };
    },
    /** @throws HaggleError STRATEGY_UNKNOWN_VERSION, RefusedStrategies */
    async activate(version: string, asker: Asker): Promise<Place> {
      await checkToday(version);
      const place = await database.transaction((tx) => activateIn(tx, version, asker));
      await refresh();
      return place;
    },
    checkToday,
    /** Of a version that `checkToday` has seen. @throws HaggleError STRATEGY_UNKNOWN_VERSION */
    activateIn,
    /** @throws HaggleError STRATEGY_STATE, STRATEGY_UNKNOWN_VERSION, RefusedStrategies when today's release cannot price it */
    async rollback(to: string | undefined, asker: Asker & { pin: boolean }): Promise<string> {
      await refresh();
      const version = to ?? active.findHead()?.previous ?? undefined;
      if (version !== undefined) await checkToday(version);
      const done = await versions.rollback(version, asker);
      await refresh();
      return done;
    },
    async pin(asker: Asker): Promise<string> {
      const version = await versions.pin(asker);
      await refresh();
      return version;
    },
    async unpin(asker: Asker): Promise<string> {
      const version = await database.transaction((tx) => versions.unpinIn(tx, asker));
      await refresh();
      return version;
    },
    unpinIn: versions.unpinIn,
    /** Newest first, below the number `before`. */
    async list(before = Number.MAX_SAFE_INTEGER): Promise<VersionRow[]> {
      return listVersions(database, { before, limit: PAGE });
    },
    get: (version: string) => versions.getVersion(database, version),
    getText,
    async diff(from: string, to: string): Promise<Difference> {
      const [before, after] = await Promise.all([from, to].map(getText));
      const files = [
        (await reader.readAsked({ text: before! })).file,
        (await reader.readAsked({ text: after! })).file,
      ];
      return diffStrategies(files[0]?.strategies ?? [], files[1]?.strategies ?? []);
    },
    /** Of this server. */
    status() {
      const head = active.findHead();
      const refusal = follower?.findRefusal();
      return {
        ...(head?.active && { active: head.active }),
        ...(head?.previous && { previous: head.previous }),
        pinned: head?.pinned ?? false,
        ...(head?.waiting && { waiting: head.waiting }),
        withdrawn: active.listWithdrawn(),
        ...(refusal && { refused: { ...refusal, faults: [...refusal.faults] } }),
      };
    },
    /** What an operator looks after, as codes. */
    listWarnings(): string[] {
      const refused = follower?.findRefusal()?.faults.find(({ severity }) => severity === "error")?.code;
      const head = active.findHead();
      const taken = follower?.findTaken();
      const isBehind = taken !== undefined && ![head?.active, head?.waiting].includes(taken);
      return [
        ...(refused !== undefined ? [refused] : isBehind ? ["STRATEGY_SUPERSEDED"] : []),
        ...(active.listWithdrawn().length > 0 ? ["STRATEGY_WITHDRAWN"] : []),
      ];
    },
    /** Begins with what was in force before. */
    async restore(): Promise<void> {
      await active.restore();
      await refresh();
    },
    /** Returns what ends it, when what is under way is done. */
    async watch(): Promise<() => Promise<void>> {
      const stop = await follower?.watch();
      if (follower !== undefined) await run(() => follower.look());
      const unlisten = database.listen(TOPIC, () => void refresh());
      const unsubscribe = releases.subscribe(() => {
        if (follower !== undefined) void run(follower.lookAgain);
      });
      const poll = setInterval(() => void refresh(), POLL_MS);
      return async () => {
        clearInterval(poll);
        unsubscribe();
        unlisten();
        await stop?.();
        isClosed = true;
        await last;
      };
    },
  };

  function activateIn(tx: Queryable, version: string, asker: Asker): Promise<Place> {
    return versions.activateIn(tx, version, "upload", asker);
  }
}
