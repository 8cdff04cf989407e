import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import { createCommerce } from "./commerce.ts";
import type { Config } from "./config.ts";
import { provideAdminKey } from "./modules/access/admin-key.ts";
import { createApprovals } from "./modules/access/approvals.ts";
import { readPepper } from "./modules/access/pepper.ts";
import { createKeys } from "./modules/access/service.ts";
import { createTokens } from "./modules/access/tokens.ts";
import { createAuditHeads } from "./modules/audit/heads.ts";
import { createAudit } from "./modules/audit/service.ts";
import { createBudgets } from "./modules/budgets/service.ts";
import { createCarts } from "./modules/carts/service.ts";
import { createCatalog } from "./modules/catalog/service.ts";
import { createCustomers } from "./modules/customers/service.ts";
import { createEvaluations } from "./modules/evaluations/service.ts";
import { createWishes } from "./modules/evaluations/wishes.ts";
import { createEvents } from "./modules/events/service.ts";
import { createAnalyses } from "./modules/experiments/analysis.ts";
import { createEventQueue } from "./modules/experiments/event-queue.ts";
import { createExperimentEvents } from "./modules/experiments/events.ts";
import { createExposures } from "./modules/experiments/exposures.ts";
import { createOrderOutcomes } from "./modules/experiments/order-outcomes.ts";
import { createResults } from "./modules/experiments/results.ts";
import { createExperiments } from "./modules/experiments/service.ts";
import { createWinners } from "./modules/experiments/winner.ts";
import { createFlashSales } from "./modules/flash-sales/service.ts";
import { openFlashSaleTokens } from "./modules/flash-sales/tokens.ts";
import { createStockGate } from "./modules/inventory/gate.ts";
import { createInventory } from "./modules/inventory/service.ts";
import { createReports } from "./modules/metrics/reports.ts";
import { createMetrics } from "./modules/metrics/service.ts";
import { openProviders } from "./modules/payments/service.ts";
import { createPrices } from "./modules/pricing/service.ts";
import { createSkus } from "./modules/pricing/skus.ts";
import { createBatches } from "./modules/quotes/batch.ts";
import { createComparisons } from "./modules/quotes/comparisons.ts";
import { createQuotes } from "./modules/quotes/service.ts";
import { createCdn } from "./modules/releases/cdn.ts";
import { createPublishing } from "./modules/releases/publishing.ts";
import { createRenewal } from "./modules/releases/renewal.ts";
import { createReleases } from "./modules/releases/service.ts";
import { createAssignments } from "./modules/rollout/assignment.ts";
import { createKills } from "./modules/rollout/kills.ts";
import { createRollouts } from "./modules/rollout/service.ts";
import { openRolloutTokens } from "./modules/rollout/tokens.ts";
import { createUnits } from "./modules/rollout/unit.ts";
import { createShipping } from "./modules/shipping/service.ts";
import { createStrategies } from "./modules/strategies/service.ts";
import { createTaxes } from "./modules/taxes/service.ts";
import { createDispatcher } from "./modules/webhooks/dispatcher.ts";
import { createWebhooks } from "./modules/webhooks/service.ts";
import { checkTarget, type Resolve, systemResolve } from "./modules/webhooks/target.ts";
import type { Clock } from "./platform/clock.ts";
import type { Database } from "./platform/database/database.ts";
import { createOnlineKeys } from "./platform/online-keys.ts";
import { createOutbox } from "./platform/outbox.ts";
import { openRedis } from "./platform/redis.ts";
import { openSecretBox } from "./platform/secret-box.ts";
import { createTelemetry } from "./platform/telemetry.ts";

export type Services = Awaited<ReturnType<typeof createServices>>;

export type ServiceDependencies = {
  clock: Clock;
  log: Logger;
  /** From 0 to 1. Default `Math.random`. */
  random?: () => number;
  /** Names to addresses, of the targets of webhooks. The system's when left out. */
  resolve?: Resolve;
};

type Opened = ServiceDependencies & { database: Database; pinned: Uint8Array | undefined };

/** Makes every service in the order of their dependencies. None does anything until it is asked or watches. */
export async function createServices(config: Config, dependencies: Opened) {
  const { database, pinned, clock, log, random = Math.random, resolve = systemResolve } = dependencies;
  const { dataFolder, production, keys: settings, passphraseFile, renewPrices } = config;
  const telemetry = createTelemetry();
  telemetry.gauge({
    name: "haggle_database_connections",
    help: "Connections of the pool, and those who wait for one.",
    label: "state",
    read: () => Object.entries(database.connections()),
  });
  const stopwatch = () => performance.now();
  const redis = config.redis && openRedis(config.redis, { log });
  const streams = config.events === "redis" && redis ? { redis, stopwatch } : undefined;
  const outbox = createOutbox({ database, telemetry, clock, log, streams });
  const keys = createOnlineKeys({ settings, passphraseFile, clock, log });
  const releases = createReleases({
    database,
    keys,
    folder: join(dataFolder, "releases"),
    stateFolder: join(dataFolder, "state"),
    channels: config.channels,
    pinned,
    production,
    // Strategies are made further down, and asked when a channel gives another release.
    isPriced: (channel) => strategies.findActive(channel) !== undefined,
    clock,
    log,
  });
  const renewal = createRenewal({ releases, database, keys, renewPrices, clock, random, log });
  const audit = createAudit({ database, clock });
  const experiments = createExperiments({
    database,
    releases,
    audit,
    outbox,
    // Strategies are made further down, and asked when somebody starts an experiment.
    namedByStrategies: (experiment, channel) =>
      strategies
        .findActive(channel)
        ?.strategies.filter((strategy) => strategy.experiment?.key === experiment)
        .flatMap((strategy) => Object.keys(strategy.experiment!.variants)) ?? [],
    clock,
    random,
    log,
  });
  const cdn =
    config.cdnFolder === undefined
      ? undefined
      : createCdn({
          releases,
          experiments: experiments.side,
          database,
          outbox,
          folder: config.cdnFolder,
          clock,
          log,
        });
  const heads = createAuditHeads({
    audit,
    keys,
    findRoot: releases.findTrusted,
    file: join(dataFolder, "audit", "heads.jsonl"),
    everyMs: config.auditEveryMs,
    log,
  });
  const pepper = await readPepper(database, config.access.pepperFile);
  const apiKeys = createKeys({ database, audit, outbox, pepper, clock, log });
  const approvals = createApprovals({ database, audit, outbox, channels: config.access.approvals, clock });
  const tokens = config.access.tokens && createTokens(config.access.tokens, clock);
  await provideAdminKey(apiKeys, join(dataFolder, "admin.key"), log);
  const metrics = createMetrics({ database, clock, log, processId: randomUUID() });
  const rollouts = createRollouts({ database, releases, metrics, audit, outbox, clock, log });
  const rolloutTokens = await openRolloutTokens(database, clock);
  const assignments = createAssignments({ releases, rollouts, tokens: rolloutTokens });
  const reports = createReports({ observe: metrics.observe, verifyAssignment: assignments.verify, clock });
  const units = createUnits({ tokens: rolloutTokens, clock });
  const kills = createKills({ database, releases, rollouts, audit, outbox });
  const publishing = createPublishing({ database, releases, audit, outbox, production, clock });
  const eventQueue = createEventQueue({ database, telemetry });
  const experimentEvents = createExperimentEvents({ experiments, queue: eventQueue, clock });
  const exposures = createExposures({
    experiments,
    events: experimentEvents,
    verifyAssignment: assignments.verify,
    clock,
  });
  const analyses = createAnalyses({ database, experiments, audit, clock });
  const results = createResults({ database, experiments, analyses });
  const strategies = createStrategies({
    database,
    releases,
    audit,
    outbox,
    telemetry,
    folder: config.strategiesFolder,
    listSkuExperiments: () =>
      new Map(
        experiments
          .listDefinitions()
          .filter(({ definition }) => definition.unit === "sku")
          .map(({ key, definition: { unit, variants } }) => [key, { unit, variants }]),
      ),
    stateFile: join(dataFolder, "state", "strategies.json"),
    clock,
    log,
  });
  const winners = createWinners({
    database,
    experiments,
    releases,
    strategies,
    findNewestVersion: async () => (await publishing.list(undefined)).releases[0]?.version ?? 0,
    audit,
    outbox,
    clock,
  });
  telemetry.gauge({
    name: "haggle_rollouts",
    help: "Rollouts that have not ended, by state.",
    label: "state",
    read: rollouts.countLive,
  });
  const skus = createSkus({ database, audit, outbox, clock });
  const catalog = createCatalog({ database, skus, audit, outbox, clock, newId: randomUUID, log });
  const prices = createPrices({
    database,
    releases,
    strategies,
    experiments,
    skus,
    keys,
    audit,
    outbox,
    timeZone: config.timeZone,
    production,
    clock,
    log,
  });
  const evaluations = createEvaluations({
    assignments,
    experiments,
    metrics,
    telemetry,
    stopwatch,
  });
  const wishes = createWishes({ assignments, experiments, units, channel: releases.name });
  const stockGate = redis && createStockGate({ redis, database, telemetry, clock, stopwatch, log });
  const inventory = createInventory({
    database,
    audit,
    outbox,
    telemetry,
    gate: stockGate,
    clock,
    stopwatch,
    log,
  });
  const carts = createCarts({ database, clock, log });
  const secretFile = config.secretFile ?? join(dataFolder, "state", "secret.key");
  const secrets = await openSecretBox(secretFile, config.secretFile === undefined);
  const budgets = createBudgets({
    database,
    audit,
    outbox,
    secrets,
    pepper,
    timeZone: config.timeZone,
    clock,
    stopwatch,
    log,
  });
  const customers = createCustomers({
    database,
    audit,
    outbox,
    // Some are made further down, and asked when somebody is erased.
    forget: async (tx, customer) => {
      await Promise.all([
        carts.forget(tx, customer),
        quotes.forget(tx, customer),
        budgets.forget(tx, customer),
        flashSales.forget(tx, customer),
        commerce.orders.forget(tx, customer),
      ]);
    },
    clock,
  });
  const taxes = createTaxes({ database, audit, outbox, clock });
  const shipping = createShipping({ database, audit, outbox, clock });
  const comparisons = createComparisons({ releases, rollouts, catalog, skus, telemetry, stopwatch });
  const quotes = createQuotes({
    database,
    releases,
    assignments,
    evaluations,
    catalog,
    customers,
    taxes,
    shipping,
    skus,
    comparisons,
    carts,
    budgets,
    keys,
    outbox,
    telemetry,
    ttlMs: config.quoteTtlMs,
    shopperAttributes: config.shopperAttributes,
    clock,
    stopwatch,
    log,
  });
  const batches = createBatches({ quotes, catalog, channel: releases.name });
  const commerce = createCommerce({
    database,
    audit,
    outbox,
    telemetry,
    inventory,
    customers,
    quotes,
    budgets,
    metrics,
    orderOutcomes: createOrderOutcomes({ database, experiments, clock }),
    providers: await openProviders(config.payments),
    secrets,
    clock,
    log,
  });
  const flashSaleTokens = await openFlashSaleTokens(database, clock);
  const flashSales = createFlashSales({
    database,
    tokens: flashSaleTokens,
    inventory,
    audit,
    outbox,
    clock,
    stopwatch,
    log,
  });
  const toTarget = (url: string) => checkTarget(url, { resolve, allowLoopback: !production });
  const webhooks = createWebhooks({ database, audit, outbox, secrets, checkTarget: toTarget, clock });
  outbox.subscribe("webhooks", webhooks.queue, webhooks.findWanted);
  const events = createEvents({ database, outbox, audit });
  const dispatcher = createDispatcher({
    database,
    audit,
    outbox,
    secrets,
    telemetry,
    checkTarget: toTarget,
    clock,
    random,
    log,
  });
  return {
    telemetry,
    outbox,
    keys,
    releases,
    renewal,
    audit,
    experiments,
    cdn,
    heads,
    apiKeys,
    approvals,
    tokens,
    metrics,
    rollouts,
    rolloutTokens,
    assignments,
    reports,
    units,
    kills,
    publishing,
    eventQueue,
    experimentEvents,
    exposures,
    analyses,
    results,
    winners,
    strategies,
    skus,
    catalog,
    prices,
    evaluations,
    wishes,
    redis,
    stockGate,
    inventory,
    flashSaleTokens,
    flashSales,
    carts,
    customers,
    taxes,
    shipping,
    comparisons,
    quotes,
    budgets,
    batches,
    commerce,
    webhooks,
    events,
    dispatcher,
  };
}
