import { HALVES } from "./experiment-events.ts";
import type { Things } from "./tenancy.ts";

// What a stranger with all scopes of his own tenant asks of each route, by the names of somebody else's things.

export type Question = {
  /** With the ids of the other tenant's things. The route's own url when left out. */
  path?: (their: Things) => string;
  body?: object | ((their: Things) => object);
  headers?: (their: Things) => Record<string, string>;
  /** What he is told: that there is no such thing. */
  is: number;
  /** What he asked for is in the answer, though nothing else is. */
  repeats?: string;
  /** What its owner is told, who gets it where that is left out. */
  ownerIs?: number;
};

/** Nothing of anybody can be named in it, or it is the server's own. */
export const NOBODYS = "nobody's";
/** He makes one of his own under the same name. */
export const OWN = "his own";

type Told = typeof NOBODYS | typeof OWN;

const list = { is: 200 } as const;
const because = { reason: "curious" };
const one = [{ sku: "lamp-a", quantity: 1 }];
const cartLines = [{ id: "1", sku: "lamp-a", quantity: 1 }];
const sale = { skus: ["lamp-b"], from: 1, until: 2, perCustomer: 1, admission: { perSecond: 1 } };

/** Each route of the server has a line. */
export const QUESTIONS: Readonly<Record<string, Question | Told>> = {
  "GET /livez": NOBODYS,
  "GET /readyz": list,
  "GET /metrics": list,
  "GET /openapi.json": NOBODYS,
  "GET /docs/": NOBODYS,
  "GET /docs/json": NOBODYS,
  "GET /docs/yaml": NOBODYS,
  "GET /docs/static/*": NOBODYS,
  "GET /docs/static/index.html": NOBODYS,
  "GET /docs/static/swagger-initializer.js": NOBODYS,
  "GET /v1/schemas/strategies.json": NOBODYS,

  "GET /v1/audit": list,
  "GET /v1/audit/export": list,
  "GET /v1/audit/head": list,
  "GET /v1/keys": list,
  "POST /v1/keys": OWN,
  "DELETE /v1/keys/:id": { path: ({ key }) => `/v1/keys/${key}`, is: 404 },
  "POST /v1/keys/:id/rotate": { path: ({ key }) => `/v1/keys/${key}/rotate`, body: {}, is: 404 },
  "GET /v1/approvals": list,
  "POST /v1/approvals/:id/approve": {
    path: ({ key }) => `/v1/approvals/${key}/approve`,
    body: {},
    is: 404,
  },
  "POST /v1/approvals/:id/decline": {
    path: ({ key }) => `/v1/approvals/${key}/decline`,
    body: because,
    is: 404,
  },

  "GET /v1/webhooks": list,
  "POST /v1/webhooks": OWN,
  "GET /v1/webhooks/:id": { path: ({ webhook }) => `/v1/webhooks/${webhook}`, is: 404 },
  "PATCH /v1/webhooks/:id": {
    path: ({ webhook }) => `/v1/webhooks/${webhook}`,
    body: { events: ["*"] },
    is: 404,
  },
  "DELETE /v1/webhooks/:id": { path: ({ webhook }) => `/v1/webhooks/${webhook}`, is: 404 },
  "POST /v1/webhooks/:id/ping": { path: ({ webhook }) => `/v1/webhooks/${webhook}/ping`, is: 404 },
  "POST /v1/webhooks/:id/secret": {
    path: ({ webhook }) => `/v1/webhooks/${webhook}/secret`,
    body: {},
    is: 404,
  },
  "GET /v1/webhooks/:id/deliveries": { path: ({ webhook }) => `/v1/webhooks/${webhook}/deliveries`, is: 404 },
  "POST /v1/webhooks/:id/deliveries/:delivery/redeliver": {
    path: ({ webhook, delivery }) => `/v1/webhooks/${webhook}/deliveries/${delivery}/redeliver`,
    is: 404,
  },

  "GET /v1/events/dead": list,
  "POST /v1/events/dead/:subscriber/replay": {
    path: () => "/v1/events/dead/webhooks/replay",
    is: 202,
  },
  "POST /v1/events/dead/:subscriber/:event/replay": {
    path: () => `/v1/events/dead/webhooks/evt_${"A".repeat(24)}/replay`,
    is: 404,
  },

  "GET /v1/root": NOBODYS,
  "GET /v1/root/:version": { path: () => "/v1/root/1", is: 200 },
  "GET /v1/roots/:version": { path: () => "/v1/roots/1", is: 200 },
  "PUT /v1/root/:version": { path: () => "/v1/root/2", is: 415 },
  "GET /v1/releases": list,
  "POST /v1/releases": { is: 415 },
  "GET /v1/releases/:sha256": { path: ({ release }) => `/v1/releases/${release}`, is: 404 },
  "GET /v1/bundles/:sha256": { path: ({ bundle }) => `/v1/bundles/${bundle}`, is: 404 },
  "PUT /v1/bundles/:sha256": { path: ({ bundle }) => `/v1/bundles/${bundle}`, is: 415 },
  "GET /v1/channels/:channel": { path: () => "/v1/channels/stable", is: 200 },
  "GET /v1/channels/:channel/events": NOBODYS,
  "PUT /v1/channels/:channel/release": {
    path: () => "/v1/channels/stable/release",
    body: ({ release }) => ({ release, ...because }),
    is: 422,
  },
  "GET /v1/prices/:channel": { path: () => "/v1/prices/stable", is: 204 },
  "PUT /v1/prices/:channel": { path: () => "/v1/prices/stable", is: 415 },
  "GET /v1/prices/:channel/skus": { path: () => "/v1/prices/stable/skus", is: 200 },
  "GET /v1/prices/:channel/skus/:sku": { path: () => "/v1/prices/stable/skus/lamp-a", is: 404 },

  "GET /v1/rollouts": list,
  "POST /v1/rollouts": { body: ({ release }) => ({ channel: "stable", to: release }), is: 404 },
  "POST /v1/rollouts/preview": {
    body: ({ release }) => ({ channel: "stable", to: release, weightBp: 100 }),
    is: 404,
  },
  "GET /v1/rollouts/:id": { path: ({ rollout }) => `/v1/rollouts/${rollout}`, is: 404 },
  "GET /v1/rollouts/:id/metrics": { path: ({ rollout }) => `/v1/rollouts/${rollout}/metrics`, is: 404 },
  "POST /v1/rollouts/:id/approve": {
    path: ({ rollout }) => `/v1/rollouts/${rollout}/approve`,
    body: {},
    is: 404,
  },
  "POST /v1/rollouts/:id/pause": {
    path: ({ rollout }) => `/v1/rollouts/${rollout}/pause`,
    body: because,
    is: 404,
  },
  "POST /v1/rollouts/:id/resume": {
    path: ({ rollout }) => `/v1/rollouts/${rollout}/resume`,
    body: because,
    is: 404,
  },
  "POST /v1/rollouts/:id/promote": {
    path: ({ rollout }) => `/v1/rollouts/${rollout}/promote`,
    body: because,
    is: 404,
  },
  "POST /v1/rollouts/:id/rollback": {
    path: ({ rollout }) => `/v1/rollouts/${rollout}/rollback`,
    body: because,
    is: 404,
  },
  "POST /v1/rollouts/:id/preview-tokens": {
    path: ({ rollout }) => `/v1/rollouts/${rollout}/preview-tokens`,
    body: { lifeMs: 60_000 },
    is: 404,
  },
  "POST /v1/kills": {
    body: ({ release }) => ({ kind: "release", id: release, channel: "stable", confirm: true, ...because }),
    is: 404,
  },
  "DELETE /v1/kills": {
    path: ({ release }) => `/v1/kills?kind=release&id=${release}&channel=stable&reason=x`,
    is: 404,
  },
  "POST /metrics/ab/:variant": {
    path: () => "/metrics/ab/b",
    body: ({ experiment }) => ({ experiment, event: "exposure", unit: "their-shopper" }),
    is: 404,
  },
  "POST /v1/reports": { body: {}, is: 400 },

  "GET /v1/strategies": list,
  "GET /v1/strategies/:version": { path: () => "/v1/strategies/v2026.11.22-1", is: 404 },
  "GET /v1/strategies/:version/diff": {
    path: () => "/v1/strategies/v2026.11.22-1/diff?from=v2026.11.22-1",
    is: 404,
  },
  "PUT /v1/strategies/:version": { path: () => "/v1/strategies/v2026.11.22-1", is: 415 },
  "POST /v1/strategies/check": { is: 415 },
  "POST /v1/strategies/pin": { body: because, is: 409 },
  "POST /v1/strategies/rollback": { body: { version: "v2026.11.22-1", ...because }, is: 404 },
  "POST /v1/strategies/unpin": { body: {}, is: 409 },
  "GET /v1/skus": list,
  "PUT /v1/skus": OWN,
  "GET /v1/skus/:sku": { path: () => "/v1/skus/lamp-a", is: 404 },
  "PATCH /v1/skus/:sku": { path: () => "/v1/skus/lamp-a", body: { stock: 0 }, is: 404 },
  "DELETE /v1/skus/:sku": { path: () => "/v1/skus/lamp-a", is: 404 },

  "GET /v1/experiments": list,
  "POST /v1/experiments": OWN,
  "GET /v1/experiments/document/:channel": { path: () => "/v1/experiments/document/stable", is: 204 },
  "GET /v1/experiments/:key": { path: ({ experiment }) => `/v1/experiments/${experiment}`, is: 404 },
  "PUT /v1/experiments/:key": OWN,
  "GET /v1/experiments/:key/draft": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/draft`,
    is: 404,
    ownerIs: 409,
  },
  "GET /v1/experiments/:key/results": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/results`,
    is: 404,
  },
  "PUT /v1/experiments/:key/analysis": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/analysis`,
    body: {},
    is: 404,
  },
  "POST /v1/experiments/:key/start": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/start`,
    body: {},
    is: 404,
  },
  "POST /v1/experiments/:key/pause": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/pause`,
    body: {},
    is: 404,
  },
  "POST /v1/experiments/:key/resume": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/resume`,
    body: {},
    is: 404,
  },
  "POST /v1/experiments/:key/end": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/end`,
    body: {},
    is: 404,
  },
  "POST /v1/experiments/:key/winner": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/winner`,
    body: { variant: "b" },
    is: 404,
  },
  "POST /v1/experiments/:key/preview": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/preview`,
    body: { unit: "customer", variants: HALVES },
    is: 404,
  },
  "POST /v1/experiments/:key/events": {
    path: ({ experiment }) => `/v1/experiments/${experiment}/events`,
    body: { events: [{ id: "1", type: "exposure", unit: "u", variant: "b" }] },
    is: 404,
  },
  "POST /v1/assignments": { body: {}, is: 200 },
  "GET /ofrep/v1/events": NOBODYS,
  "POST /ofrep/v1/evaluate/flags": { body: { context: { targetingKey: "u" } }, is: 200 },
  "POST /ofrep/v1/evaluate/flags/:key": {
    path: ({ experiment }) => `/ofrep/v1/evaluate/flags/${experiment}`,
    body: { context: { targetingKey: "u" } },
    is: 404,
  },

  "GET /v1/catalogue": NOBODYS,
  "GET /v1/catalog/products": list,
  "GET /v1/catalog/products/:id": { path: () => "/v1/catalog/products/lamp", is: 404 },
  "PUT /v1/catalog/products/:id": OWN,
  "DELETE /v1/catalog/products/:id": { path: () => "/v1/catalog/products/lamp", is: 404 },
  "GET /v1/catalog/variants": list,
  "GET /v1/catalog/variants/:sku": { path: () => "/v1/catalog/variants/lamp-a", is: 404 },
  "PUT /v1/catalog/variants/:sku": {
    path: () => "/v1/catalog/variants/lamp-a",
    body: { productId: "lamp", prices: [] },
    is: 422,
  },
  "DELETE /v1/catalog/variants/:sku": { path: () => "/v1/catalog/variants/lamp-a", is: 404 },
  "GET /v1/catalog/prices": {
    path: () => "/v1/catalog/prices?currency=EUR&skus=lamp-a",
    is: 200,
    repeats: "lamp-",
  },
  "POST /v1/catalog/imports": OWN,
  "GET /v1/catalog/imports/:id": { path: ({ imported }) => `/v1/catalog/imports/${imported}`, is: 404 },
  "GET /v1/customers": list,
  "PUT /v1/customers": OWN,
  "GET /v1/customers/:id": { path: () => "/v1/customers/c-gold", is: 404 },
  "PUT /v1/customers/:id": OWN,
  "DELETE /v1/customers/:id": { path: () => "/v1/customers/c-gold", is: 204 },
  "GET /v1/taxes": list,
  "GET /v1/taxes/:region": { path: () => "/v1/taxes/DE", is: 404 },
  "PUT /v1/taxes/:region": OWN,
  "DELETE /v1/taxes/:region": { path: () => "/v1/taxes/DE", is: 404 },
  "POST /v1/taxes/resolve": { body: { region: "DE", classes: ["standard"] }, is: 422 },
  "GET /v1/shipping-methods": list,
  "GET /v1/shipping-methods/:id": { path: () => "/v1/shipping-methods/parcel", is: 404 },
  "PUT /v1/shipping-methods/:id": OWN,
  "DELETE /v1/shipping-methods/:id": { path: () => "/v1/shipping-methods/parcel", is: 404 },
  "POST /v1/shipping-methods/quote": {
    body: { currency: "EUR", region: "DE", weightGrams: 1, subtotal: 1 },
    is: 200,
  },
  "POST /v1/carts": OWN,
  "GET /v1/carts/:id": { path: ({ cart }) => `/v1/carts/${cart}`, is: 404 },
  "PATCH /v1/carts/:id": {
    path: ({ cart }) => `/v1/carts/${cart}`,
    body: { lines: cartLines },
    headers: () => ({ "if-match": '"1"' }),
    is: 404,
  },
  "POST /v1/carts/:id/merge": {
    path: ({ cart }) => `/v1/carts/${cart}/merge`,
    body: { from: `cart_${"A".repeat(24)}` },
    headers: () => ({ "if-match": '"1"' }),
    is: 404,
  },
  "DELETE /v1/carts/:id": {
    path: ({ cart }) => `/v1/carts/${cart}`,
    headers: () => ({ "if-match": '"1"' }),
    is: 404,
  },

  "POST /v1/evaluations": NOBODYS,
  "POST /v1/quotes": { body: { currency: "EUR", region: "DE", lines: cartLines }, is: 422 },
  "POST /v1/quotes::batch": { path: () => "/v1/quotes:batch", is: 415 },
  "GET /v1/quotes/:id": { path: ({ quote }) => `/v1/quotes/${quote}`, is: 404 },
  "POST /v1/quotes/:id/use": {
    path: ({ quote }) => `/v1/quotes/${quote}/use`,
    body: { order: "mine" },
    is: 404,
  },

  "GET /v1/campaigns": list,
  "GET /v1/campaigns/:id": { path: () => "/v1/campaigns/THEIRS", is: 404 },
  "PUT /v1/campaigns/:id": OWN,
  "POST /v1/campaigns/:id/codes": {
    path: () => "/v1/campaigns/THEIRS/codes",
    body: { code: "MINE-NOW" },
    is: 404,
  },
  "PATCH /v1/campaigns/:id/codes": {
    path: () => "/v1/campaigns/THEIRS/codes",
    body: { code: "THEIR-10", isOff: true },
    is: 404,
  },
  "POST /v1/campaigns/:id/codes/imports": { path: () => "/v1/campaigns/THEIRS/codes/imports", is: 415 },
  "GET /v1/campaigns/:id/batches": { path: () => "/v1/campaigns/THEIRS/batches", is: 200 },
  "POST /v1/campaigns/:id/batches": {
    path: () => "/v1/campaigns/THEIRS/batches",
    body: { count: 1 },
    is: 404,
  },
  "GET /v1/campaigns/:id/batches/:batch": {
    path: ({ codes }) => `/v1/campaigns/THEIRS/batches/${codes}`,
    is: 404,
  },
  "POST /v1/campaigns/:id/batches/:batch/export": {
    path: ({ codes }) => `/v1/campaigns/THEIRS/batches/${codes}/export`,
    is: 404,
  },
  "POST /v1/coupons::look": { path: () => "/v1/coupons:look", body: { code: "THEIR-10" }, is: 404 },
  "POST /v1/coupons::resolve": { path: () => "/v1/coupons:resolve", body: { code: "THEIR-10" }, is: 404 },

  "GET /v1/locations": list,
  "GET /v1/locations/:id": { path: ({ location }) => `/v1/locations/${location}`, is: 404 },
  "PUT /v1/locations/:id": OWN,
  "DELETE /v1/locations/:id": { path: ({ location }) => `/v1/locations/${location}`, is: 404 },
  "GET /v1/inventory/allocation": list,
  "PUT /v1/inventory/allocation": OWN,
  "GET /v1/stock": list,
  "GET /v1/stock/:sku": { path: () => "/v1/stock/lamp-a", is: 404 },
  "GET /v1/stock/:sku/movements": { path: () => "/v1/stock/lamp-a/movements", is: 404 },
  "POST /v1/stock/movements": {
    body: ({ location }) => ({ movements: [{ kind: "adjust", sku: "lamp-a", location, quantity: -1 }] }),
    is: 404,
  },
  "POST /v1/orders": {
    body: ({ quote }) => ({ quote }),
    headers: () => ({ "idempotency-key": "curious" }),
    is: 404,
  },
  "GET /v1/orders": list,
  "GET /v1/orders/:id": { path: ({ placed }) => `/v1/orders/${placed}`, is: 404 },
  "GET /v1/orders/:id/ledger": { path: ({ placed }) => `/v1/orders/${placed}/ledger`, is: 404 },
  "POST /v1/orders/:id/cancel": { path: ({ placed }) => `/v1/orders/${placed}/cancel`, body: {}, is: 404 },
  "GET /v1/reservations/:order": { path: ({ order }) => `/v1/reservations/${order}`, is: 404 },
  "PUT /v1/reservations/:order": {
    path: ({ order }) => `/v1/reservations/${order}`,
    body: { attempt: 2, lines: one },
    is: 409,
  },
  "POST /v1/reservations/:order/confirm": {
    path: ({ order }) => `/v1/reservations/${order}/confirm`,
    body: { attempt: 1 },
    is: 404,
  },
  "POST /v1/reservations/:order/release": {
    path: ({ order }) => `/v1/reservations/${order}/release`,
    body: { attempt: 1 },
    is: 404,
  },
  "POST /v1/reservations/:order/extend": {
    path: ({ order }) => `/v1/reservations/${order}/extend`,
    body: { attempt: 1, ttlMs: 60_000 },
    is: 404,
  },
  "GET /v1/flash-sales": list,
  "GET /v1/flash-sales/:id": { path: () => "/v1/flash-sales/their-sale", is: 404 },
  "PUT /v1/flash-sales/:id": { path: () => "/v1/flash-sales/their-sale", body: sale, is: 422 },
  "DELETE /v1/flash-sales/:id": { path: () => "/v1/flash-sales/their-sale", is: 404 },
  "POST /v1/flash-sales/:id/end": { path: () => "/v1/flash-sales/their-sale/end", is: 404 },
  "POST /v1/flash-sales/:id/queue": {
    path: () => "/v1/flash-sales/their-sale/queue",
    headers: () => ({ "x-haggle-unit": "their-shopper" }),
    is: 404,
  },
  "GET /v1/flash-sales/:id/queue": {
    path: () => "/v1/flash-sales/their-sale/queue",
    headers: ({ ticket }) => ({ "x-haggle-ticket": ticket }),
    is: 403,
  },
  "DELETE /v1/flash-sales/:id/queue": {
    path: () => "/v1/flash-sales/their-sale/queue",
    headers: ({ ticket }) => ({ "x-haggle-ticket": ticket }),
    is: 403,
  },
};
