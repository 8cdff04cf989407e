import { list, OWN, type Question, type Told } from "./question.ts";

// Of stranger.ts: campaigns, orders and what belongs to them.

export const ORDER_QUESTIONS: Readonly<Record<string, Question | Told>> = {
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

  "POST /v1/orders": {
    body: ({ quote }) => ({ quote }),
    headers: () => ({ "idempotency-key": "curious" }),
    is: 404,
  },
  "GET /v1/orders": list,
  "GET /v1/orders/:id": { path: ({ placed }) => `/v1/orders/${placed}`, is: 404 },
  "GET /v1/orders/:id/ledger": { path: ({ placed }) => `/v1/orders/${placed}/ledger`, is: 404 },
  "POST /v1/orders/:id/cancel": { path: ({ placed }) => `/v1/orders/${placed}/cancel`, body: {}, is: 404 },
  "GET /v1/orders/:id/payments": { path: ({ placed }) => `/v1/orders/${placed}/payments`, is: 404 },
  "POST /v1/orders/:id/payments": {
    path: ({ placed }) => `/v1/orders/${placed}/payments`,
    body: { token: "tok_ok" },
    headers: () => ({ "idempotency-key": "curious-payment" }),
    is: 404,
  },
  "GET /v1/payments/:id": { path: ({ payment }) => `/v1/payments/${payment}`, is: 404 },
  "POST /v1/payments/:id/capture": {
    path: ({ payment }) => `/v1/payments/${payment}/capture`,
    body: {},
    headers: () => ({ "idempotency-key": "curious-capture" }),
    is: 404,
  },
  "POST /v1/payments/:id/void": {
    path: ({ payment }) => `/v1/payments/${payment}/void`,
    body: {},
    headers: () => ({ "idempotency-key": "curious-void" }),
    is: 404,
  },
  "POST /v1/payments/:id/refund": {
    path: ({ payment }) => `/v1/payments/${payment}/refund`,
    body: {},
    headers: () => ({ "idempotency-key": "curious-refund" }),
    is: 404,
  },
  "POST /v1/payments/callbacks/:provider": {
    path: () => "/v1/payments/callbacks/theirs",
    body: {},
    is: 404,
  },
  "POST /v1/orders/:id/fulfil": { path: ({ placed }) => `/v1/orders/${placed}/fulfil`, is: 404 },
  "GET /v1/orders/:id/shipments": { path: ({ placed }) => `/v1/orders/${placed}/shipments`, is: 404 },
  "POST /v1/orders/:id/shipments": {
    path: ({ placed }) => `/v1/orders/${placed}/shipments`,
    body: {},
    headers: () => ({ "idempotency-key": "curious-shipment" }),
    is: 404,
  },
  "GET /v1/orders/:id/returns": { path: ({ placed }) => `/v1/orders/${placed}/returns`, is: 404 },
  "POST /v1/orders/:id/returns/preview": {
    path: ({ placed }) => `/v1/orders/${placed}/returns/preview`,
    body: { lines: [{ line: "1", units: 1 }] },
    is: 404,
  },
  "POST /v1/orders/:id/returns": {
    path: ({ placed }) => `/v1/orders/${placed}/returns`,
    body: { lines: [{ line: "1", units: 1 }], reason: "curious" },
    headers: () => ({ "idempotency-key": "curious-return" }),
    is: 404,
  },
  "POST /v1/shipments/:id/deliver": {
    path: ({ shipment }) => `/v1/shipments/${shipment}/deliver`,
    is: 404,
  },
};
