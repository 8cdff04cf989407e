import { hash } from "node:crypto";
import { refuse } from "@haggle/abi";
import type { Experiments } from "../experiments/service.ts";
import type { Releases } from "../releases/service.ts";
import { type Asker, type ChannelFlags, createChannelFlags } from "./channel-flags.ts";

export type { Asker } from "./channel-flags.ts";

export type Flags = ReturnType<typeof createFlags>;

type Dependencies = { releases: Releases; experiments: Experiments };

/**
 * Flags of three kinds: experiments by their keys, `release.CHANNEL`, and `PROMOTION.PARAMETER` of the release that the asker
 * has. They advise: no price follows from an answer, and whoever prices assigns by himself.
 */
export function createFlags({ releases, experiments }: Dependencies) {
  const byChannel = new Map<string, ChannelFlags>();

  function tagNow(): string {
    const channels = releases
      .listChannels()
      .flatMap((name) => [
        releases.find(name)?.documents.channel.sha256 ?? "",
        experiments.findDocument(name)?.sha256 ?? "",
      ]);
    return [experiments.tag(), ...channels].join();
  }

  return {
    /** The channel that is meant where none is named. */
    channel: releases.name,
    /** Those of a channel. @throws HaggleError SERVER_UNKNOWN_CHANNEL */
    of(channel: string): ChannelFlags {
      const known = byChannel.get(channel);
      if (known !== undefined) return known;
      if (!releases.hasChannel(channel)) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", channel);
      const made = createChannelFlags({ releases, experiments, channel });
      byChannel.set(channel, made);
      return made;
    },
    /** Of the rules and of who asks: another country is another answer, whatever a client sends along. */
    tagFor: (channel: string, { targetingKey, context }: Asker): string =>
      hash("sha256", `${tagNow()}\n${channel}\n${targetingKey}\n${canonical(context)}`, "base64url"),
    /** Of the rules alone, those of all channels. */
    tag: (): string => hash("sha256", tagNow(), "base64url"),
    /** Calls `listener` when answers may be others, until the returned function is called. */
    subscribe(listener: () => void): () => void {
      const subscriptions = [releases.subscribe(listener), experiments.side.subscribe(listener)];
      return () => {
        for (const unsubscribe of subscriptions) unsubscribe();
      };
    },
  };
}

/** Keys in one order, so that equal contexts have equal texts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`;
}
