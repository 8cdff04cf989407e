import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { provideAdminKey } from "./modules/access/admin-key.ts";
import { createApprovals } from "./modules/access/approvals.ts";
import { guardRoutes } from "./modules/access/guard.ts";
import { accessRoutes } from "./modules/access/index.ts";
import { readPepper } from "./modules/access/pepper.ts";
import { createKeys } from "./modules/access/service.ts";
import { createTokens } from "./modules/access/tokens.ts";
import { createAuditHeads } from "./modules/audit/heads.ts";
import { auditRoutes } from "./modules/audit/index.ts";
import { createAudit } from "./modules/audit/service.ts";
import { evaluationRoutes } from "./modules/evaluations/index.ts";
import { createEvaluations } from "./modules/evaluations/service.ts";
import { createAnalyses } from "./modules/experiments/analysis.ts";
import { createEventQueue } from "./modules/experiments/event-queue.ts";
import { experimentEventRoutes } from "./modules/experiments/event-routes.ts";
import { createExperimentEvents } from "./modules/experiments/events.ts";
import { experimentRoutes } from "./modules/experiments/index.ts";
import { experimentResultRoutes } from "./modules/experiments/result-routes.ts";
import { createResults } from "./modules/experiments/results.ts";
import { createExperiments } from "./modules/experiments/service.ts";
import { createWinners } from "./modules/experiments/winner.ts";
import { flagRoutes } from "./modules/flags/index.ts";
import { createFlags } from "./modules/flags/service.ts";
import { reportRoutes } from "./modules/metrics/index.ts";
import { createReports } from "./modules/metrics/reports.ts";
import { createMetrics } from "./modules/metrics/service.ts";
import { pricingRoutes } from "./modules/pricing/index.ts";
import { createPrices } from "./modules/pricing/service.ts";
import { createSkus } from "./modules/pricing/skus.ts";
import { createCdn } from "./modules/releases/cdn.ts";
import { releaseRoutes } from "./modules/releases/index.ts";
import { publishRoutes } from "./modules/releases/publish-routes.ts";
import { createPublishing } from "./modules/releases/publishing.ts";
import { createRenewal } from "./modules/releases/renewal.ts";
import { createReleases } from "./modules/releases/service.ts";
import { createAssignments } from "./modules/rollout/assignment.ts";
import { rolloutRoutes } from "./modules/rollout/index.ts";
import { createKills } from "./modules/rollout/kills.ts";
import { createRollouts } from "./modules/rollout/service.ts";
import { openRolloutTokens } from "./modules/rollout/tokens.ts";
import { createUnits } from "./modules/rollout/unit.ts";
import { storefrontRoutes } from "./modules/storefront/index.ts";
import { strategyRoutes } from "./modules/strategies/index.ts";
import { createStrategies } from "./modules/strategies/service.ts";
import { createDispatcher } from "./modules/webhooks/dispatcher.ts";
import { webhookRoutes } from "./modules/webhooks/index.ts";
import { createWebhooks } from "./modules/webhooks/service.ts";
import { checkTarget, type Resolve, systemResolve } from "./modules/webhooks/target.ts";
import type { Clock } from "./platform/clock.ts";
import { openConfiguredDatabase } from "./platform/database/configured.ts";
import type { Database } from "./platform/database/database.ts";
import { watchDatabase } from "./platform/database/watch.ts";
import { type Health, healthRoutes } from "./platform/health.ts";
import { createHttpServer } from "./platform/http.ts";
import { createOnlineKeys, ONLINE_ROLES } from "./platform/online-keys.ts";
import { describeInterface, docsRoutes } from "./platform/openapi.ts";
import { createOutbox } from "./platform/outbox.ts";
import { answerRevalidations } from "./platform/revalidations.ts";
import { requireScopes } from "./platform/scope.ts";
import { openSecretBox } from "./platform/secret-box.ts";
import { createTelemetry } from "./platform/telemetry.ts";
import { observeRequests, telemetryRoutes } from "./platform/telemetry-routes.ts";
import { startTracing } from "./platform/tracing.ts";

export type App = Awaited<ReturnType<typeof createApp>>;

type Dependencies = {
  clock: Clock;
  log: Logger;
  /** From 0 to 1. Default `Math.random`. */
  random?: () => number;
  /** Names to addresses, of the targets of webhooks. The system's when left out. */
  resolve?: Resolve;
  /** The built demo storefront, served at `/`. Left out, the server has only its interface. */
  storefrontFolder?: string;
};

/**
 * Makes every service in the order of their dependencies and registers every module. The caller listens.
 *
 * @example
 * const { server } = await createApp(readConfig(process.env), { clock: systemClock, log: createLog("info") });
 * await server.listen({ port: 8787 });
 */
export async function createApp(config: Config, dependencies: Dependencies) {
  const { dataFolder, tenant, rootFile } = config;
  const pinned = rootFile === undefined ? undefined : await readPinnedRoot(rootFile);
  const database = await openConfiguredDatabase({ ...config.database, tenant, dataFolder }, dependencies.log);
  try {
    return await compose(config, { ...dependencies, database, pinned });
  } catch (cause) {
    await database.close();
    throw cause;
  }
}

type Opened = Dependencies & { database: Database; pinned: Uint8Array | undefined };

async function compose(config: Config, dependencies: Opened) {
  const {
    database,
    pinned,
    clock,
    log,
    random = Math.random,
    resolve = systemResolve,
    storefrontFolder,
  } = dependencies;
  const { dataFolder, production, keys: settings, passphraseFile, renewPrices } = config;
  const telemetry = createTelemetry();
  telemetry.gauge({
    name: "haggle_database_connections",
    help: "Connections of the pool, and those who wait for one.",
    label: "state",
    read: () => Object.entries(database.connections()),
  });
  const outbox = createOutbox({ database, telemetry, clock, log });
  const keys = createOnlineKeys({ settings, passphraseFile, clock, log });
  const releases = createReleases({
    database,
    keys,
    folder: join(dataFolder, "releases"),
    stateFolder: join(dataFolder, "state"),
    channels: config.channels,
    pinned,
    production,
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
  const analyses = createAnalyses({ database, experiments, audit, clock });
  const results = createResults({ database, experiments, analyses });
  const findNewestVersion = async () => (await publishing.list(undefined)).releases[0]?.version ?? 0;
  const winners = createWinners({ database, experiments, releases, findNewestVersion, audit, outbox, clock });
  const strategies = createStrategies({
    database,
    releases,
    audit,
    outbox,
    telemetry,
    folder: config.strategiesFolder,
    stateFile: join(dataFolder, "state", "strategies.json"),
    clock,
    log,
  });
  telemetry.gauge({
    name: "haggle_rollouts",
    help: "Rollouts that have not ended, by state.",
    label: "state",
    read: rollouts.countLive,
  });
  const skus = createSkus({ database, audit, outbox, clock });
  const prices = createPrices({
    database,
    releases,
    strategies,
    experiments,
    skus,
    keys,
    audit,
    outbox,
    production,
    clock,
    log,
  });
  const evaluations = createEvaluations({
    assignments,
    experiments,
    metrics,
    telemetry,
    stopwatch: () => performance.now(),
  });
  const secretFile = config.secretFile ?? join(dataFolder, "state", "secret.key");
  const secrets = await openSecretBox(secretFile, config.secretFile === undefined);
  const toTarget = (url: string) => checkTarget(url, { resolve, allowLoopback: !production });
  const webhooks = createWebhooks({ database, audit, outbox, secrets, checkTarget: toTarget, clock });
  outbox.subscribe("webhooks", webhooks.queue);
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
  const works = config.roles.includes("workers");
  let draining = false;

  const isDraining = () => draining;
  const server = await createHttpServer({
    log,
    isDraining,
    trustedProxies: config.trustedProxies,
  });
  answerRevalidations(server, { route: REVALIDATED.route, findTag, telemetry, isDraining });
  const routes = requireScopes(server);
  const scopes = config.access.anonymous ? ANONYMOUS_SCOPES : [];
  await guardRoutes(server, {
    keys: apiKeys,
    tokens,
    anonymousScopes: scopes,
    perMinute: config.access.perMinute,
  });
  // Registered first, so it comes last: until then everything else may still write.
  server.addHook("onClose", () => database.close());
  if (config.tracing !== undefined) {
    const tracing = await startTracing(config.tracing);
    server.addHook("onClose", tracing.stop);
    await tracing.observe(server);
  }
  observeRequests(server, telemetry);
  await describeInterface(server, { anonymousScopes: scopes });
  if (!production) await server.register(docsRoutes);
  await server.register(
    telemetryRoutes(telemetry, isLoopback(config.host) && !production ? "public" : "operate"),
  );
  await server.register(healthRoutes(findHealth));
  if (config.roles.includes("rollout")) {
    const sides = [
      { name: "experiments", ...experiments.side },
      { name: "prices", ...prices.side },
    ];
    await server.register(releaseRoutes(releases, sides));
    await server.register(publishRoutes({ publishing, releases, approvals }));
    await server.register(cookie);
    await server.register(
      evaluationRoutes({ evaluations, assignments, experiments, units, channel: releases.name }),
    );
    await server.register(
      rolloutRoutes({
        rollouts,
        kills,
        assignments,
        units,
        tokens: rolloutTokens,
        approvals,
        releases,
        clock,
      }),
    );
    await server.register(experimentRoutes({ experiments, approvals }));
    await server.register(flagRoutes(createFlags({ releases, experiments, channel: releases.name })));
    await server.register(experimentEventRoutes(experimentEvents));
    await server.register(experimentResultRoutes({ results, analyses, winners }));
    await server.register(pricingRoutes({ skus, prices }));
    await server.register(strategyRoutes({ strategies, approvals, channel: releases.name }));
    await server.register(reportRoutes(reports));
    await server.register(accessRoutes(apiKeys, approvals));
    await server.register(auditRoutes(audit, heads.findSigned));
    await server.register(webhookRoutes(webhooks));
  }
  if (config.roles.includes("storefront")) await server.register(storefrontRoutes(storefrontFolder));

  const watch = watchDatabase(database, log);
  server.addHook("onClose", watch.stop);
  const unwatch = await releases.watch();
  const stopRenewal = renewal.watch({ renews: works });
  const stopRollouts = await rollouts.watch({ ticks: works });
  const stopExperiments = await experiments.watch({ works });
  server.addHook("onClose", stopExperiments);
  server.addHook("onClose", eventQueue.close);
  server.addHook("onClose", stopRollouts);
  server.addHook("onClose", await strategies.watch());
  server.addHook("onClose", prices.watch({ works }));
  server.addHook("onClose", metrics.watch());
  if (works) {
    if (cdn !== undefined) server.addHook("onClose", cdn.watch());
    server.addHook("onClose", dispatcher.start());
    server.addHook("onClose", outbox.start());
    server.addHook("onClose", heads.watch());
  }
  server.addHook("onClose", apiKeys.watch());
  server.addHook("onClose", stopRenewal);
  server.addHook("onClose", unwatch);

  function findTag(path: string): string | undefined {
    const channel = REVALIDATED.pattern.exec(path)?.[1];
    const document = channel && releases.find(channel)?.documents.channel;
    return document && `"${document.sha256}"`;
  }

  function findHealth(): Health {
    const live = releases.find();
    const refusal = releases.findRefusal();
    const blocking: string[] = [];
    if (draining) blocking.push("SERVER_DRAINING");
    if (live === undefined) blocking.push("SERVER_NO_RELEASE", ...(refusal ? [refusal.code] : []));
    const warnings: string[] = live && refusal ? [refusal.code] : [];
    for (const channel of releases.listChannels()) {
      const refused = channel === releases.name ? undefined : releases.findRefusal(channel);
      if (refused !== undefined) warnings.push(refused.code);
      if (releases.find(channel)?.withdrawn) warnings.push("ENGINE_RELEASE_OFF");
      if (releases.isExpired(channel)) warnings.push("SERVER_RELEASE_EXPIRED");
    }
    if (heads.isBroken()) warnings.push("SERVER_AUDIT_BROKEN");
    if (renewal.isLate()) warnings.push("SERVER_RELEASE_EXPIRING");
    if (rollouts.isBlocked()) warnings.push("SERVER_ROLLOUT_BLOCKED");
    warnings.push(...strategies.listWarnings());
    if (renewal.isKeyMissing() || prices.isKeyMissing()) warnings.push("SERVER_KEY_MISSING");
    if (cdn?.isLate()) warnings.push("SERVER_CDN_LATE");
    if (watch.isLost()) warnings.push("SERVER_DATABASE");
    if (dispatcher.isKeyForeign()) warnings.push("SERVER_SECRET_KEY");
    const trusted = releases.findTrusted();
    warnings.push(...keys.findWarnings(trusted));
    const states = ONLINE_ROLES.map((role) => [role, keys.stateOf(role, trusted)]);
    const channels = releases.listChannels().flatMap((name) => {
      const found = releases.find(name);
      if (found === undefined) return [];
      const { version, expires } = found;
      return [[name, { version, expires, renewal: renewal.stateOf(found) }] as const];
    });
    const all = Object.fromEntries(channels);
    const details = {
      ...(live && { channel: all[releases.name] }),
      channels: all,
      keys: Object.fromEntries(states),
    };
    return { blocking, warnings: [...new Set(warnings)], details };
  }

  return {
    server,
    /** Every route with its scope, as it was registered. */
    routes,
    releases,
    /** What quotes and orders are pinned and observed by. */
    assignments,
    experiments,
    metrics,
    strategies,
    /** Not ready any more from now on; `server.close()` follows when load balancers have seen it. */
    drain(): void {
      draining = true;
    },
  };
}

/** Metrics are for anybody only where nobody from outside comes. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** What every page looks at again and again. */
const REVALIDATED = { route: "/v1/channels/:channel", pattern: /^\/v1\/channels\/([^/?]+)$/ } as const;

/** What the demo shop needs. */
const ANONYMOUS_SCOPES = ["storefront:read", "evaluate"] as const;

/** @throws HaggleError SERVER_BAD_CONFIG; whether it is a root is seen when it is verified */
async function readPinnedRoot(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new HaggleError("SERVER_BAD_CONFIG", "The root cannot be read", {
      at: "HAGGLE_ROOT",
      value: path,
      cause,
    });
  }
}
