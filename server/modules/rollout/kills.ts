import { type Channel, HaggleError, refuse } from "@haggle/abi";
import { type Database, Overtaken, type Queryable } from "../../platform/database/database.ts";
import { nearNames } from "../../platform/near-names.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Audit } from "../audit/service.ts";
import type { ChannelChange, Releases } from "../releases/service.ts";
import { armsOf, hasArms } from "./arms.ts";
import { obey, type Verb, weightOf } from "./machine.ts";
import type { Rollouts } from "./service.ts";
import { findLive, lockLive, type RolloutRow } from "./store.ts";
import { type Asker, progressOf } from "./transitions.ts";

export type Kills = ReturnType<typeof createKills>;

export type KillKind = "promotion" | "rule" | "release";

export type Target = { kind: KillKind; id: string; channel: string };

type Dependencies = {
  database: Database;
  releases: Releases;
  rollouts: Rollouts;
  audit: Audit;
  outbox: Pick<Outbox, "emit">;
};

const LISTS = { promotion: "promotions", rule: "rules", release: "releases" } as const;

/**
 * Switches promotions, rules and releases of a channel off, at once and for everybody, and on again. No approval stands in
 * front of a kill; what gives something to shoppers again is a change like any other.
 */
export function createKills({ database, releases, rollouts, audit, outbox }: Dependencies) {
  /** @throws HaggleError SERVER_KILL_UNKNOWN with names that are near, SERVER_UNKNOWN_CHANNEL, and what signing throws */
  async function kill(target: Target, asker: Asker): Promise<Channel> {
    await checkKnown(target);
    const channel = await database.transaction((tx) => change(tx, target, asker, true));
    await rollouts.settle();
    return channel;
  }

  async function lift(target: Target, asker: Asker): Promise<Channel> {
    const channel = await database.transaction((tx) => liftIn(tx, target, asker));
    await rollouts.settle();
    return channel;
  }

  async function liftIn(tx: Queryable, target: Target, asker: Asker): Promise<Channel> {
    getChannel(target.channel);
    return change(tx, target, asker, false);
  }

  async function change(tx: Queryable, target: Target, asker: Asker, isOff: boolean): Promise<Channel> {
    const { kind, id, channel: name } = target;
    const list = LISTS[kind];
    let before: Channel | undefined;
    const endsRollout = isOff && kind === "release";
    // The rollout's row first, as everywhere, and on the same way to the database as the channel's.
    const locking = endsRollout ? lockLive(tx, name) : undefined;
    locking?.catch(() => {});
    let row: RolloutRow | undefined;
    let verb: Verb | undefined;
    let isOwn = false;
    const mutate = async (channel: Channel): Promise<ChannelChange> => {
      before = channel;
      row = await locking;
      verb = row && verbFor(row, id);
      const others = channel.off[list].filter((entry) => entry !== id);
      if (!isOff && others.length === channel.off[list].length) {
        throw unknown(target, channel.off[list]);
      }
      const off = { ...channel.off, [list]: isOff ? [...others, id] : others };
      isOwn = row !== undefined && hasArms(channel, armsOf(row, weightOf(row.steps, row)));
      return isOwn && verb === "rollback" ? { off, arms: armsOf(row!, 0) } : { off };
    };
    const reason = asker.reason ?? "";
    const tell = async ({ version: channelVersion, off }: Channel): Promise<void> => {
      const due = row && verb && obey(progressOf(row), isOwn ? verb : "supersede");
      if (row && due) {
        const why = `${kind} ${id} was switched off: ${reason}`;
        await rollouts.advanceRow(tx, row, due, { ...asker, reason: why, channelVersion });
      }
      await Promise.all([
        endsRollout && row === undefined && checkNoneBegan(tx, name),
        outbox.emit(tx, {
          type: isOff ? "kill.made" : "kill.lifted",
          subject: id,
          data: { ...target, reason, channelVersion },
        }),
        audit.record(tx, {
          actor: asker.actor,
          action: isOff ? "kill" : "kill.lift",
          object: `${kind}:${id}`,
          before: { channel: name, version: before!.version, off: before!.off },
          after: { channel: name, version: channelVersion, off },
          note: reason,
          ...(asker.requestId !== undefined && { requestId: asker.requestId }),
        }),
      ]);
    };
    return releases.changeChannel(tx, mutate, name, tell);
  }

  /** A rollout that was begun while a kill waited for the channel was not there to be locked, and must not go on either. */
  async function checkNoneBegan(tx: Queryable, name: string): Promise<void> {
    if ((await findLive(tx, name)) !== undefined) throw new Overtaken();
  }

  /** Something of that name must be there to be switched off: a misspelt kill would kill nothing and say it had. */
  async function checkKnown(target: Target): Promise<void> {
    const { kind, id } = target;
    const channel = getChannel(target.channel);
    if (kind === "release") {
      const named = channel.arms.map(({ release }) => release);
      if (named.includes(id) || (await releases.findRelease(id)) !== undefined) return;
      throw unknown(target, named);
    }
    const known = new Set<string>();
    for (const { release } of channel.arms) {
      const live = releases.find(target.channel)!;
      // What does not load prices nothing, and what is off already may be named again.
      const engine =
        release === live.release
          ? live.engine
          : await releases.getEngine(release, target.channel).catch(() => undefined);
      const names =
        kind === "promotion" ? engine?.promotions.map((it) => it.id) : engine?.rules.map((it) => it.name);
      for (const name of names ?? []) known.add(name);
    }
    if (!known.has(id)) throw unknown(target, [...known]);
  }

  function getChannel(name: string): Channel {
    const live = releases.find(name);
    if (live !== undefined) return live.channel;
    throw refuse(releases.hasChannel(name) ? "SERVER_NO_RELEASE" : "SERVER_UNKNOWN_CHANNEL", "channel", name);
  }

  return { kill, lift, liftIn };
}

/** Back from what is killed; where the way back is killed, people decide. */
function verbFor({ fromRelease, toRelease }: RolloutRow, release: string): Verb | undefined {
  if (release === toRelease) return "rollback";
  return release === fromRelease ? "kill" : undefined;
}

function unknown({ kind, id }: Target, known: readonly string[]): HaggleError {
  const near = nearNames(id, known);
  const hint = near.length === 0 ? "" : `; near it: ${near.join(", ")}`;
  return new HaggleError("SERVER_KILL_UNKNOWN", `The channel has no such ${kind}${hint}`, {
    at: "id",
    value: id,
  });
}
