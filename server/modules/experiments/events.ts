import { createHash, randomBytes } from "node:crypto";
import { HaggleError, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { EventQueue } from "./event-queue.ts";
import type { EventBody, MetricBody } from "./event-schema.ts";
import type { EventRow } from "./event-store.ts";
import type { ExperimentRow, Experiments } from "./service.ts";

export type ExperimentEvents = ReturnType<typeof createExperimentEvents>;

type Dependencies = {
  experiments: Pick<Experiments, "definition" | "getRow">;
  queue: Pick<EventQueue, "offer">;
  clock: Clock;
};

/** Clocks of other machines run ahead by less; what is told from further ahead is a mistake. */
const MAX_AHEAD_MS = 5 * 60_000;
/** A phone that was offline for a month. */
const MAX_AGE_MS = 31 * 24 * 3_600_000;
/** What an exposure's own id is cut to: 144 bits. */
const ID_CHARACTERS = 24;

/** Takes what is told of units in experiments. Nothing of it changes who is assigned what. */
export function createExperimentEvents({ experiments, queue, clock }: Dependencies) {
  /** Whoever tells of an experiment that this process has not heard of may be right. */
  async function getExperiment(key: string): Promise<ExperimentRow> {
    const row = experiments.definition(key) ?? (await experiments.getRow(key));
    if (row.state === "draft") throw refuse("SERVER_EXPERIMENT_STATE", "state", row.state);
    return row;
  }

  /**
   * Resolves when all events are in the database; of those that were told before nothing more is kept.
   *
   * @throws HaggleError SERVER_UNKNOWN_EXPERIMENT, SERVER_EXPERIMENT_STATE of a draft, SERVER_UNKNOWN_VARIANT,
   * SERVER_EVENT_TIME, SERVER_BAD_REQUEST, SERVER_EVENTS_FULL, SERVER_DATABASE
   */
  async function accept(key: string, events: readonly EventBody[]): Promise<void> {
    const experiment = await getExperiment(key);
    const variants = new Set(experiment.definition.variants.map((variant) => variant.key));
    const now = clock();
    const rows = events.map((event, i) => {
      const at = `body/events/${i}`;
      if (!variants.has(event.variant))
        throw refuse("SERVER_UNKNOWN_VARIANT", `${at}/variant`, event.variant);
      return rowOf(event, experiment, now, at);
    });
    await queue.offer(rows);
  }

  return {
    accept,
    /** One event, as systems tell it that know nothing of batches. @throws what `accept` does, with the places of one */
    async acceptOne(variant: string, { experiment: key, event, ...fields }: MetricBody): Promise<void> {
      const experiment = await getExperiment(key);
      if (!experiment.definition.variants.some((known) => known.key === variant)) {
        throw refuse("SERVER_UNKNOWN_VARIANT", "params/variant", variant);
      }
      const told: EventBody =
        event === "exposure"
          ? { ...fields, type: "exposure", variant }
          : { ...fields, type: "outcome", metric: event, variant };
      await queue.offer([rowOf(told, experiment, clock(), "body")]);
    },
  };
}

function rowOf(event: EventBody, experiment: ExperimentRow, now: number, place: string): EventRow {
  const { type, unit, variant, currency, valueMinor, discountMinor, marginMinor } = event;
  const isOutcome = type === "outcome";
  const metric = isOutcome ? (event.metric ?? "conversion") : undefined;
  if (!isOutcome && event.metric !== undefined) {
    throw new HaggleError("SERVER_BAD_REQUEST", "An exposure has no metric", {
      at: `${place}/metric`,
      value: event.metric,
    });
  }
  checkMoney(event, metric === "revenue", place);
  const told = event.at ?? now;
  if (told > now + MAX_AHEAD_MS || told < now - MAX_AGE_MS) {
    throw refuse("SERVER_EVENT_TIME", `${place}/at`, told);
  }
  // Of a clock that runs a little ahead: nothing happened after it was told.
  const at = Math.min(told, now);
  return {
    experiment: experiment.key,
    id: isOutcome
      ? (event.id ?? `~${randomBytes(18).toString("base64url")}`)
      : exposureId(event, experiment, at),
    type,
    unit,
    variant,
    at,
    received_at: now,
    metric,
    currency,
    value_minor: valueMinor,
    discount_minor: discountMinor,
    margin_minor: marginMinor,
    ...(!isOutcome && rememberedAs(experiment)),
  };
}

/** Only sticky experiments remember. */
function rememberedAs({ definition }: ExperimentRow): Pick<EventRow, "kind" | "bucket_version"> {
  const { unit: kind, sticky, bucketVersion: bucket_version = 0 } = definition;
  return sticky ? { kind, bucket_version } : {};
}

/**
 * Each page view tells it again; what counts is the first since a phase began to count. One id that is told of two variants
 * is two events, so that the unit is seen to have had both.
 */
function exposureId({ id, unit, variant }: EventBody, { phaseAt }: ExperimentRow, at: number): string {
  const which = id === undefined ? [phaseAt, at >= (phaseAt ?? 0)] : [id];
  const told = JSON.stringify([...which, variant, unit]);
  return `~${createHash("sha256").update(told).digest("base64url").slice(0, ID_CHARACTERS)}`;
}

function checkMoney(event: EventBody, isRevenue: boolean, place: string): void {
  const fields = ["valueMinor", "currency", "discountMinor", "marginMinor"] as const;
  const missing = fields.slice(0, 2).find((field) => event[field] === undefined);
  if (isRevenue && missing !== undefined) {
    throw new HaggleError("SERVER_BAD_REQUEST", "Revenue has valueMinor and currency", {
      at: `${place}/${missing}`,
    });
  }
  const given = fields.find((field) => event[field] !== undefined);
  if (!isRevenue && given !== undefined) {
    throw new HaggleError("SERVER_BAD_REQUEST", "Only revenue has amounts", {
      at: `${place}/${given}`,
      value: event[given],
    });
  }
}
