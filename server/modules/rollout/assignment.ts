import { createHash } from "node:crypto";
import { type Channel, HaggleError, isSwitchedOff, refuse } from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import { type Actor, hasScope } from "../../platform/scope.ts";
import type { LiveRelease, Releases } from "../releases/service.ts";
import { releaseFor } from "./arms.ts";
import type { Rollouts } from "./service.ts";
import type { RolloutRow } from "./store.ts";
import type { Assignment, Tokens } from "./tokens.ts";

export type Assignments = ReturnType<typeof createAssignments>;

/** A release by name, or one side of the rollout. */
export type Override = { release: string } | { canary: "always" | "never" };

export type Assigned = {
  release: string;
  /** Made when it is asked for: what keeps a release from pricing counts against that release. */
  engine: () => Engine | Promise<Engine>;
  arm: "stable" | "canary" | "pinned";
  /** Somebody chose it, or an earlier quote did: it says nothing about the rollout. */
  isOverridden: boolean;
  /** When the pin ends, in epoch ms. */
  pinnedUntil?: number;
  /** The live rollout, where there is one. */
  rollout?: string;
  /** When its step began, in epoch ms. */
  stepAt?: number;
};

export type Wish = {
  channel: string;
  /** Who it is for; without one they are in bucket 0, which a rollout reaches last. */
  unit?: string | undefined;
  override?: Override | undefined;
  /** What allows the override besides the actor's own scope. */
  preview?: string | undefined;
  pin?: string | undefined;
  actor: Actor;
};

type Dependencies = { releases: Releases; rollouts: Rollouts; tokens: Tokens };

/** Says which release prices a cart. By the channel document that this process serves, as a client would say it. */
export function createAssignments({ releases, rollouts, tokens }: Dependencies) {
  function getLive(channel: string): LiveRelease {
    const live = releases.find(channel);
    if (live === undefined) throw refuse("SERVER_NO_RELEASE", "channel", channel);
    return live;
  }

  /** @throws HaggleError SERVER_NO_RELEASE, SERVER_OVERRIDE_FORBIDDEN, SERVER_OVERRIDE_OUTSIDE, SERVER_BAD_TOKEN, SERVER_PIN_REVOKED */
  async function assign({ channel, unit, override, preview, pin, actor }: Wish): Promise<Assigned> {
    const live = getLive(channel);
    if (override !== undefined) return follow(override, { channel, preview, actor });
    const place = placeOf(live, unit);
    if (pin !== undefined) return keep(pin, channel, place.release);
    const row = rollouts.findCurrent(channel);
    return {
      ...place,
      engine: () => engineOf(live, place.release),
      isOverridden: false,
      ...(row && { arm: armIn(row, place.release), rollout: row.id, stepAt: row.stepAt }),
    };
  }

  /** Between a channel document and what this process knows of its rollout there may be a moment. */
  function placeOf(
    { channel }: LiveRelease,
    unit: string | undefined,
  ): {
    release: string;
    arm: "stable" | "canary";
  } {
    const release = releaseFor(channel, unit);
    return { release, arm: release === channel.arms[0]?.release ? "stable" : "canary" };
  }

  /** What is switched off and has no other in its place refuses the cart by itself. */
  function engineOf(live: LiveRelease, release: string): Engine | Promise<Engine> {
    return release === live.release ? live.engine : releases.getEngine(release, live.channel.channel);
  }

  /** The truth of the database, and not what was true a moment ago: exactly as long as the rollout lives. */
  async function follow(
    override: Override,
    { channel, preview, actor }: Pick<Wish, "channel" | "preview" | "actor">,
  ): Promise<Assigned> {
    const allowed = preview === undefined ? undefined : tokens.open("preview", preview).rollout;
    if (allowed === undefined && !hasScope(actor, "operate")) throw refuse("SERVER_OVERRIDE_FORBIDDEN");
    const row = await rollouts.findLive(channel);
    if (row === undefined) throw refuse("SERVER_OVERRIDE_OUTSIDE", "channel", channel);
    if (allowed !== undefined && allowed !== row.id)
      throw refuse("SERVER_OVERRIDE_OUTSIDE", "preview", allowed);
    const release = releaseOf(override, row);
    const engine = () => releases.getEngine(release, channel);
    return { release, engine, arm: armIn(row, release), isOverridden: true, rollout: row.id };
  }

  /** A rollback leaves it where it is; what was switched off since does not. */
  async function keep(token: string, channel: string, instead: string): Promise<Assigned> {
    const { release, off, expires } = tokens.open("pin", token);
    const revoked = (cause?: unknown): HaggleError => refuse("SERVER_PIN_REVOKED", "pin", instead, cause);
    const engine = await releases.getEngine(release, channel).catch((cause: unknown) => {
      const code = cause instanceof HaggleError ? cause.code : undefined;
      throw code === "ENGINE_RELEASE_OFF" || code === "DOCUMENT_ROLLBACK" ? revoked(cause) : cause;
    });
    if (digestOff(engine, getLive(channel).channel) !== off) throw revoked();
    return { release, engine: () => engine, arm: "pinned", isOverridden: true, pinnedUntil: expires };
  }

  return {
    assign,
    /** Whether it makes a difference who asks: to the price, or, in a rollout's last step, to what is counted. */
    needsUnit: (channel: string): boolean =>
      (releases.find(channel)?.channel.arms.length ?? 0) > 1 || rollouts.findCurrent(channel) !== undefined,
    /**
     * A token that keeps a cart on the release which priced it until `expires` (epoch ms), whatever becomes of the rollout;
     * a kill of anything in that release ends it earlier. `subject` says what it is for, such as a quote's id.
     */
    async pin(
      { release, expires, subject }: { release: string; expires: number; subject: string },
      channel: string,
    ): Promise<string> {
      const engine = await releases.getEngine(release, channel);
      const off = digestOff(engine, getLive(channel).channel);
      return tokens.seal("pin", { release, subject, off }, expires);
    },
    /**
     * The same for a cart that `engine` has just priced, with the digest of what of it the channel had switched off: by the
     * document that was in force when the engine was asked for, as it may be another one by now.
     */
    pinPriced(
      engine: Engine,
      channel: Channel,
      { expires, subject }: { expires: number; subject: string },
    ): { pin: string; off: string } {
      const off = digestOff(engine, channel);
      return { pin: tokens.seal("pin", { release: engine.release, subject, off }, expires), off };
    },
    /** Whether a channel switches off now what it did at `off`, of what is in a release. */
    isAsThen: (engine: Engine, off: string, channel: string): boolean =>
      digestOff(engine, getLive(channel).channel) === off,
    /** Undefined for what is not an assignment of this server, or has ended. Without `rollout` where that is over. */
    verify(token: string): (Omit<Assignment, "rollout"> & { rollout: string | undefined }) | undefined {
      try {
        const { rollout, ...assignment } = tokens.open("assignment", token);
        const isLive = rollout !== undefined && rollouts.findCurrent(assignment.channel)?.id === rollout;
        return { ...assignment, rollout: isLive ? rollout : undefined };
      } catch (cause) {
        if (cause instanceof HaggleError) return undefined;
        throw cause;
      }
    },
    /** What an SDK computes for itself, with a token by which its reports are believed. */
    describe(channel: string, { unit, isSession }: { unit: string; isSession: boolean }, expires: number) {
      const live = getLive(channel);
      const { release, arm } = placeOf(live, unit);
      const row = rollouts.findCurrent(channel);
      const seed = live.channel.arms[0]?.seed ?? "";
      const assignment = { unit, channel, release, arm: row ? armIn(row, release) : arm, seed } as const;
      const told = { ...assignment, ...(row && { rollout: row.id }) };
      const token = tokens.seal("assignment", { ...told, isSession }, expires);
      return { ...told, version: live.version, token, expires };
    },
  };
}

function releaseOf(override: Override, { fromRelease, toRelease }: RolloutRow): string {
  if ("canary" in override) return override.canary === "always" ? toRelease : fromRelease;
  const { release } = override;
  if (release === fromRelease || release === toRelease) return release;
  throw refuse("SERVER_OVERRIDE_OUTSIDE", "release", release);
}

function armIn({ toRelease }: RolloutRow, release: string): "stable" | "canary" {
  return release === toRelease ? "canary" : "stable";
}

/** Of what a channel switches off in this release: any change of it is another price. */
function digestOff({ promotions, rules }: Engine, { off }: Channel): string {
  const list = [
    ...promotions.filter((one) => isSwitchedOff(off, one)).map(({ id }) => `promotion ${id}`),
    ...rules.filter(({ name }) => off.rules.includes(name)).map(({ name }) => `rule ${name}`),
  ];
  return createHash("sha256").update(JSON.stringify(list.sort())).digest("base64url");
}
