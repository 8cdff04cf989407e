// Everything that the tree and the status bar show of a server, asked for at once. Each part may fail by itself: a key
// need not have all scopes, and a server need not have all it can have.

import { type Api, ServerError, StrangeAnswer } from "./api.ts";
import {
  type ChannelDocument,
  fits,
  isMoment,
  isText,
  listReleases,
  type ReleaseDocument,
  type ReleaseEntry,
  readChannel,
  readRelease,
} from "./documents.ts";

/** As the server tells it; what is not used here is left out. */
export type Rollout = {
  id: string;
  channel: string;
  state: "running" | "paused" | "awaiting_approval" | "completed" | "rolled_back" | "superseded";
  from: string;
  to: string;
  step: number;
  steps: { weightBp: number; soakMs: number; minSamples: number; approval?: boolean }[];
  weightBp: number;
  startedAt: number;
  endedAt?: number;
  blocked?: string;
  judgement?: { verdict: Verdict; samples: number; gates: Gate[] };
};

export type Verdict = "pass" | "fail" | "hold";

/** `reason` is the server's sentence, with the figure, its bounds and the limit. */
export type Gate = {
  name: string;
  verdict: Verdict;
  estimate: number;
  limit: number;
  samples: number;
  reason: string;
};

export type Experiment = {
  key: string;
  channel: string;
  state: "draft" | "running" | "paused" | "ended";
  phase: number;
  definition: { unit: string; variants: { key: string; weight: number }[]; coverage: number };
  /** How many units saw each variant, by its key; undefined where nobody has looked. */
  exposures?: Record<string, number>;
};

export type Approval = {
  id: string;
  action: string;
  channel: string;
  state: "pending" | "approved" | "declined" | "expired";
  requestedBy: { name: string };
};

/** A part of the board, or why there is none. */
export type Part<T> = { ok: true; value: T } | { ok: false; error: unknown };

export type Board = {
  url: string;
  releases: Part<ReleaseEntry[]>;
  /** By name; one that has no release yet is undefined. */
  channels: Part<Map<string, ChannelDocument | undefined>>;
  /** Newest first. */
  rollouts: Part<Rollout[]>;
  experiments: Part<Experiment[]>;
  approvals: Part<Approval[]>;
  /** By digest, of the releases that rules are looked up in. */
  documents: Map<string, ReleaseDocument>;
};

/** Experiments whose results are asked for at each look; the server computes them anew each time. */
const MOST_RESULTS = 20;
/** Releases that are read to know which rules are in them. They never change, so each is read once. */
const MOST_DOCUMENTS = 20;
const LIVE: readonly string[] = ["running", "paused", "awaiting_approval"];

export function isLive({ state }: Pick<Rollout, "state">): boolean {
  return LIVE.includes(state);
}

/**
 * Reads a server. `known` are release documents of looks before.
 *
 * @throws ServerError when the server does not answer at all, or refuses the key
 */
export async function loadBoard(
  api: Api,
  { channel, known, signal }: { channel: string; known: Map<string, ReleaseDocument>; signal?: AbortSignal },
): Promise<Board> {
  const ask = <T>(path: string) => api.ask<T>("GET", path, undefined, signal);
  const [releases, rollouts, experiments, approvals, ready] = await Promise.all([
    part(listReleases(api, signal)),
    part(
      ask<{ rollouts: Rollout[] }>("/v1/rollouts").then((answer) =>
        checked(answer.rollouts, isRollout, "/v1/rollouts"),
      ),
    ),
    part(loadExperiments(api, signal)),
    part(
      ask<{ approvals: Approval[] }>("/v1/approvals").then((answer) =>
        checked(answer.approvals, isApproval, "/v1/approvals").filter(({ state }) => state === "pending"),
      ),
    ),
    part(readNames(api, signal)),
  ]);
  // Where nothing at all can be seen there is one thing to say, and not five times the same.
  const parts = [releases, rollouts, experiments];
  const failures = parts.flatMap((each) => (each.ok ? [] : [each.error]));
  if (failures.length === parts.length) throw failures[0];

  const names = new Set([
    channel,
    ...(ready.ok ? ready.value : []),
    ...(releases.ok ? releases.value.flatMap((release) => release.channels) : []),
    ...(rollouts.ok ? rollouts.value.filter(isLive).map((rollout) => rollout.channel) : []),
  ]);
  const channels = await part(loadChannels(api, [...names], signal));
  const documents = await loadDocuments(api, wantedDocuments(releases, channels), { known, signal });
  return { url: api.url, releases, channels, rollouts, experiments, approvals, documents };
}

/** The rollout of a channel that has not ended. */
export function liveRolloutOf({ rollouts }: Pick<Board, "rollouts">, channel: string): Rollout | undefined {
  return rollouts.ok ? rollouts.value.find((one) => one.channel === channel && isLive(one)) : undefined;
}

/** The version of a release, where the registry has told it. */
export function versionOf({ releases }: Pick<Board, "releases">, sha256: string): number | undefined {
  return releases.ok ? releases.value.find((release) => release.sha256 === sha256)?.version : undefined;
}

/** The release that most of a channel's shoppers get: that of the arm at the beginning, as a rollout's `from` is. */
export function mainReleaseOf(board: Pick<Board, "channels">, channel: string): string | undefined {
  const document = board.channels.ok ? board.channels.value.get(channel) : undefined;
  return (document?.arms.find(({ range }) => range[0] === 0) ?? document?.arms[0])?.release;
}

async function part<T>(work: Promise<T>): Promise<Part<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    return { ok: false, error };
  }
}

/** What the tree would trip over is no answer. @throws StrangeAnswer */
function checked<T>(all: T[], is: (one: T) => boolean, path: string): T[] {
  if (fits(() => all.every(is))) return all;
  throw new StrangeAnswer(path);
}

function isRollout({
  id,
  channel,
  state,
  from,
  to,
  steps,
  weightBp,
  startedAt,
  judgement,
}: Rollout): boolean {
  return (
    [id, channel, state, from, to].every(isText) &&
    steps.length > 0 &&
    Number.isFinite(weightBp) &&
    isMoment(startedAt) &&
    (judgement === undefined ||
      (Number.isFinite(judgement.samples) &&
        judgement.gates.every(({ name, verdict, reason }) => [name, verdict, reason].every(isText))))
  );
}

function isExperiment({ key, channel, state, definition }: Experiment): boolean {
  const { variants, coverage } = definition;
  return (
    [key, channel, state].every(isText) &&
    Number.isFinite(coverage) &&
    variants.every((variant) => isText(variant.key) && Number.isFinite(variant.weight))
  );
}

function isApproval({ id, action, channel, requestedBy }: Approval): boolean {
  return [id, action, channel, requestedBy.name].every(isText);
}

/** Names of the channels that a server serves and that have a release. While it is not ready it refuses to tell. */
async function readNames(api: Api, signal: AbortSignal | undefined): Promise<string[]> {
  const { channels } = await api.ask<{ channels: Record<string, unknown> }>(
    "GET",
    "/readyz",
    undefined,
    signal,
  );
  return Object.keys(channels);
}

/** A channel without a release refuses to be read; so does one that the server does not serve. */
async function loadChannels(
  api: Api,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, ChannelDocument | undefined>> {
  const found = await Promise.all(
    [...names].sort().map(async (name) => {
      try {
        return [[name, await readChannel(api, name, signal)] as const];
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        if (error.code === "SERVER_NO_RELEASE") return [[name, undefined] as const];
        if (error.code === "SERVER_UNKNOWN_CHANNEL") return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}

async function loadExperiments(api: Api, signal: AbortSignal | undefined): Promise<Experiment[]> {
  const { experiments } = await api.ask<{ experiments: Experiment[] }>(
    "GET",
    "/v1/experiments",
    undefined,
    signal,
  );
  checked(experiments, isExperiment, "/v1/experiments");
  const seen = new Set(
    experiments
      .filter(({ state }) => state === "running" || state === "paused")
      .slice(0, MOST_RESULTS)
      .map(({ key }) => key),
  );
  return Promise.all(
    experiments.map(async (one) => {
      if (!seen.has(one.key)) return one;
      const results = await part(
        api.ask<{ variants: { variant: string; units: number }[] }>(
          "GET",
          `/v1/experiments/${encodeURIComponent(one.key)}/results`,
          undefined,
          signal,
        ),
      );
      if (!results.ok) return one;
      const { variants } = results.value;
      if (!fits(() => variants.every(({ variant, units }) => isText(variant) && Number.isFinite(units))))
        return one;
      const exposures = variants.map(({ variant, units }) => [variant, units] as const);
      return { ...one, exposures: Object.fromEntries(exposures) };
    }),
  );
}

/** Those that a channel gives, then the newest. */
function wantedDocuments(releases: Board["releases"], channels: Board["channels"]): string[] {
  const given = channels.ok
    ? [...channels.value.values()].flatMap((document) => document?.arms.map(({ release }) => release) ?? [])
    : [];
  const newest = releases.ok ? releases.value.map(({ sha256 }) => sha256) : [];
  return [...new Set([...given, ...newest])].slice(0, MOST_DOCUMENTS);
}

async function loadDocuments(
  api: Api,
  wanted: readonly string[],
  { known, signal }: { known: Map<string, ReleaseDocument>; signal?: AbortSignal | undefined },
): Promise<Map<string, ReleaseDocument>> {
  await Promise.all(
    wanted
      .filter((sha256) => !known.has(sha256))
      .map(async (sha256) => {
        const found = await part(readRelease(api, sha256, signal));
        // One that cannot be had now may be had at the next look.
        if (found.ok) known.set(sha256, found.value.release);
      }),
  );
  return new Map(wanted.flatMap((sha256) => (known.has(sha256) ? [[sha256, known.get(sha256)!]] : [])));
}
