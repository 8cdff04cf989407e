import { readFile } from "node:fs/promises";
import cookie from "@fastify/cookie";
import { HaggleError } from "@haggle/abi";
import type { Config } from "./config.ts";
import { seedDemo } from "./demo/seed.ts";
import { shopperRoutes } from "./demo/shopper-routes.ts";
import { MEANS } from "./demo/till.ts";
import { tillRoutes } from "./demo/till-routes.ts";
import { createHealthCheck } from "./health.ts";
import { guardRoutes } from "./modules/access/guard.ts";
import { accessRoutes } from "./modules/access/index.ts";
import { auditRoutes } from "./modules/audit/index.ts";
import { budgetRoutes } from "./modules/budgets/index.ts";
import { cartRoutes } from "./modules/carts/index.ts";
import { catalogRoutes } from "./modules/catalog/index.ts";
import { customerRoutes } from "./modules/customers/index.ts";
import { evaluationRoutes } from "./modules/evaluations/index.ts";
import { eventRoutes } from "./modules/events/index.ts";
import { experimentEventRoutes } from "./modules/experiments/event-routes.ts";
import { exposureRoutes } from "./modules/experiments/exposure-routes.ts";
import { experimentRoutes } from "./modules/experiments/index.ts";
import { experimentResultRoutes } from "./modules/experiments/result-routes.ts";
import { flagRoutes } from "./modules/flags/index.ts";
import { createFlags } from "./modules/flags/service.ts";
import { flashSaleRoutes } from "./modules/flash-sales/index.ts";
import { inventoryRoutes } from "./modules/inventory/index.ts";
import { reportRoutes } from "./modules/metrics/index.ts";
import { orderRoutes } from "./modules/orders/index.ts";
import { paymentRoutes } from "./modules/payments/index.ts";
import { pricingRoutes } from "./modules/pricing/index.ts";
import { batchRoutes } from "./modules/quotes/batch-routes.ts";
import { quoteRoutes } from "./modules/quotes/index.ts";
import { refundRoutes } from "./modules/refunds/index.ts";
import { releaseRoutes } from "./modules/releases/index.ts";
import { publishRoutes } from "./modules/releases/publish-routes.ts";
import { rolloutRoutes } from "./modules/rollout/index.ts";
import { shipmentRoutes } from "./modules/shipments/index.ts";
import { shippingRoutes } from "./modules/shipping/index.ts";
import { storefrontRoutes } from "./modules/storefront/index.ts";
import { createShowcase, PLACE } from "./modules/storefront/service.ts";
import { strategyRoutes } from "./modules/strategies/index.ts";
import { taxRoutes } from "./modules/taxes/index.ts";
import { webhookRoutes } from "./modules/webhooks/index.ts";
import type { Clock } from "./platform/clock.ts";
import { openConfiguredDatabase } from "./platform/database/configured.ts";
import type { Database } from "./platform/database/database.ts";
import { watchDatabase } from "./platform/database/watch.ts";
import { healthRoutes } from "./platform/health.ts";
import { createHttpServer } from "./platform/http.ts";
import { describeInterface, docsRoutes } from "./platform/openapi.ts";
import { allowOrigins } from "./platform/other-origins.ts";
import { answerRevalidations } from "./platform/revalidations.ts";
import { requireScopes } from "./platform/scope.ts";
import { observeRequests, telemetryRoutes } from "./platform/telemetry-routes.ts";
import { startTracing } from "./platform/tracing.ts";
import { createServices, type ServiceDependencies, type Services } from "./services.ts";

export type App = Awaited<ReturnType<typeof createApp>>;

type Dependencies = ServiceDependencies & {
  /** The built demo storefront, served at `/`. Left out, the server has only its interface. */
  storefrontFolder?: string;
  /** Is the demo shop, where nothing was ever sold; never in production. */
  isDemo?: boolean;
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

async function compose(config: Config, opened: Opened) {
  const { log, database, storefrontFolder, isDemo = false, ...dependencies } = opened;
  const { production } = config;
  const hasTill = isDemo && !production;
  const services = await createServices(config, { log, database, ...dependencies });
  const { apiKeys, tokens, telemetry, releases } = services;
  let draining = false;
  const isDraining = () => draining;
  const server = await createHttpServer({
    log,
    isDraining,
    trustedProxies: config.trustedProxies,
    isWarm: production,
  });
  answerRevalidations(server, { route: REVALIDATED.route, findTag, telemetry, isDraining });
  const routes = requireScopes(server);
  allowOrigins(server, config.origins);
  const scopes = config.access.anonymous ? ANONYMOUS_SCOPES : [];
  guardRoutes(server, {
    keys: apiKeys,
    tokens,
    anonymousScopes: scopes,
    perMinute: config.access.perMinute,
  });
  // Registered first, so it comes last: until then everything else may still write.
  server.addHook("onClose", () => database.close());
  const watch = watchDatabase(database, log);
  server.addHook("onClose", watch.stop);
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
  await server.register(
    healthRoutes(createHealthCheck(services, { isDraining, isDatabaseLost: watch.isLost })),
  );
  if (config.roles.includes("rollout")) await registerModules(server, services, dependencies.clock);
  if (config.roles.includes("storefront")) {
    const showcase = createShowcase(services, hasTill ? MEANS : []);
    await server.register(storefrontRoutes(showcase, storefrontFolder));
  }
  if (hasTill) await server.register(tillRoutes(services, PLACE));
  if (hasTill) await server.register(shopperRoutes(services));
  if (hasTill) await seedDemo(services, { database, log });
  await watchAll(server, services, config.roles.includes("workers"));

  function findTag(path: string): string | undefined {
    const channel = REVALIDATED.pattern.exec(path)?.[1];
    const document = channel && releases.find(channel)?.documents.channel;
    return document && `"${document.sha256}"`;
  }

  return {
    server,
    /** Every route with its scope, as it was registered. */
    routes,
    releases,
    /** What quotes and orders are pinned and observed by. */
    assignments: services.assignments,
    catalog: services.catalog,
    experiments: services.experiments,
    inventory: services.inventory,
    metrics: services.metrics,
    /** What a quote asks. */
    carts: services.carts,
    customers: services.customers,
    /** What an order asks, and orders with what belongs to them. */
    quotes: services.quotes,
    budgets: services.budgets,
    commerce: services.commerce,
    shipping: services.shipping,
    taxes: services.taxes,
    strategies: services.strategies,
    /** Not ready any more from now on; `server.close()` follows when load balancers have seen it. */
    drain(): void {
      draining = true;
      database.expectEnd();
      void watch.stop();
    },
  };
}

type Server = Awaited<ReturnType<typeof createHttpServer>>;

async function registerModules(server: Server, services: Services, clock: Clock): Promise<void> {
  const {
    releases,
    audit,
    experiments,
    heads,
    apiKeys,
    approvals,
    rollouts,
    rolloutTokens,
    assignments,
    reports,
    units,
    kills,
    publishing,
    experimentEvents,
    exposures,
    analyses,
    results,
    winners,
    strategies,
    skus,
    catalog,
    prices,
    carts,
    customers,
    taxes,
    shipping,
    evaluations,
    wishes,
    quotes,
    budgets,
    batches,
    inventory,
    flashSaleTokens,
    flashSales,
    commerce: { orders, payments, shipments, refunds },
    webhooks,
    events,
  } = services;
  const sides = [
    { name: "experiments", ...experiments.side },
    { name: "prices", ...prices.side },
  ];
  await server.register(releaseRoutes(releases, sides));
  await server.register(publishRoutes({ publishing, releases, approvals }));
  // Nobody else reads cookies.
  await server.register(async (shoppers) => {
    await shoppers.register(cookie);
    await shoppers.register(evaluationRoutes({ evaluations, wishes }));
    await shoppers.register(quoteRoutes({ quotes, wishes, budgets }));
    await shoppers.register(flashSaleRoutes(flashSales, units));
    await shoppers.register(
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
  });
  await server.register(experimentRoutes({ experiments, approvals }));
  await server.register(flagRoutes(createFlags({ releases, experiments })));
  await server.register(experimentEventRoutes(experimentEvents));
  await server.register(exposureRoutes(exposures));
  await server.register(experimentResultRoutes({ results, analyses, winners }));
  await server.register(pricingRoutes({ skus, prices }));
  await server.register(catalogRoutes(catalog));
  await server.register(batchRoutes(batches));
  await server.register(strategyRoutes({ strategies, approvals, channel: releases.name }));
  await server.register(inventoryRoutes(inventory, flashSaleTokens.openPurchase));
  await server.register(budgetRoutes(budgets));
  await server.register(orderRoutes({ orders, openPurchase: flashSaleTokens.openPurchase }));
  await server.register(paymentRoutes(payments));
  await server.register(shipmentRoutes(shipments));
  await server.register(refundRoutes(refunds));
  await server.register(customerRoutes(customers));
  await server.register(taxRoutes({ taxes, clock }));
  await server.register(shippingRoutes(shipping));
  await server.register(cartRoutes(carts));
  await server.register(reportRoutes(reports));
  await server.register(accessRoutes(apiKeys, approvals));
  await server.register(auditRoutes(audit, heads.findSigned));
  await server.register(webhookRoutes(webhooks));
  await server.register(eventRoutes(events));
}

/** Begins what services do by themselves, until the server closes. */
async function watchAll(server: Server, services: Services, works: boolean): Promise<void> {
  const {
    outbox,
    releases,
    renewal,
    experiments,
    cdn,
    heads,
    apiKeys,
    metrics,
    rollouts,
    eventQueue,
    strategies,
    catalog,
    prices,
    redis,
    stockGate,
    inventory,
    flashSales,
    carts,
    comparisons,
    quotes,
    budgets,
    commerce: { orders, payments },
    dispatcher,
  } = services;
  const unwatchComparisons = comparisons.watch();
  server.addHook("onClose", async () => unwatchComparisons());
  // A release may lie in the folder, with which the prices of these strategies go on, signed by keys that are opened meanwhile.
  await strategies.restore();
  const stopRenewal = renewal.watch({ renews: works });
  const unwatch = await releases.watch();
  const stopRollouts = await rollouts.watch({ ticks: works });
  const stopExperiments = await experiments.watch({ works });
  server.addHook("onClose", stopExperiments);
  server.addHook("onClose", eventQueue.close);
  server.addHook("onClose", stopRollouts);
  server.addHook("onClose", await strategies.watch());
  const unwatchCatalog = catalog.watch();
  server.addHook("onClose", async () => unwatchCatalog());
  server.addHook("onClose", prices.watch({ works }));
  server.addHook("onClose", metrics.watch());
  if (redis !== undefined) server.addHook("onClose", async () => redis.close());
  server.addHook("onClose", inventory.close);
  stockGate?.watch();
  if (works) {
    if (cdn !== undefined) server.addHook("onClose", cdn.watch());
    server.addHook("onClose", inventory.watch());
    server.addHook("onClose", flashSales.watch());
    server.addHook("onClose", catalog.sweep());
    server.addHook("onClose", dispatcher.start());
    server.addHook("onClose", outbox.start());
    server.addHook("onClose", carts.watch());
    server.addHook("onClose", quotes.watch());
    server.addHook("onClose", orders.watch());
    server.addHook("onClose", budgets.watch());
    server.addHook("onClose", payments.watch());
    server.addHook("onClose", heads.watch());
  }
  server.addHook("onClose", apiKeys.watch());
  server.addHook("onClose", stopRenewal);
  server.addHook("onClose", unwatch);
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
