import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  createExperimentWorld,
  type ExperimentWorld,
  operateAt,
  SHOES_EXPERIMENT,
} from "../support/experiment-shop.ts";
import type { Call, ErrorJson } from "../support/rollout.ts";
import type { TestServer } from "../support/server.ts";

// Groups that an experiment's condition names, declared with it over HTTP.

let world: ExperimentWorld;
let server: TestServer;
let operate: Call;

beforeAll(async () => {
  world = await createExperimentWorld();
  server = await world.start();
  operate = await operateAt(world, server);
});
afterAll(() => world.close());

const { key, channel, ...FIELDS } = SHOES_EXPERIMENT;
const inVip = { ...FIELDS, condition: { badge: { $inGroup: "vip" } } };
const vip = (...values: (string | number)[]) => ({ savedGroups: { vip: { type: "list", values } } });

type AuditRecord = { action: string } & Record<"before" | "after", { savedGroups?: object } | undefined>;

async function reasonOf(badge: string): Promise<string> {
  const context = { targetingKey: "c-1", badge };
  const answer = await server.post(`/ofrep/v1/evaluate/flags/${key}`, { context });
  return ((await answer.json()) as { reason: string }).reason;
}

it("are in force with it, changed with it, and told to the audit log without who is in lists", async () => {
  const adult = { type: "condition", condition: { age: { $gte: 18 } } };
  const gold = { savedGroups: { ...vip("gold-badge", 7).savedGroups, adult } };
  const made = await operate("/v1/experiments", { key, channel, ...inVip, ...gold });
  expect(made.status).toBe(201);
  expect((await operate(`/v1/experiments/${key}/start`, {})).status).toBe(200);
  expect([await reasonOf("gold-badge"), await reasonOf("tin-badge")]).toEqual(["SPLIT", "STATIC"]);
  const put = (body: object) => operate<ErrorJson>(`/v1/experiments/${key}`, body, { method: "PUT" });
  expect(await put({ ...inVip, ...vip("tin-badge") })).toMatchObject({
    status: 409,
    body: { error: { code: "SERVER_EXPERIMENT_MOVES", at: "savedGroups" } },
  });
  expect((await put({ ...inVip, ...vip("tin-badge", 7), confirm: true })).status).toBe(200);
  expect([await reasonOf("gold-badge"), await reasonOf("tin-badge")]).toEqual(["STATIC", "SPLIT"]);
  const rows = await world.database.query<{ text: string }>(
    "select record as text from audit_records where record like '%experiment.%'",
  );
  const log = rows.map(({ text }) => text).join("\n");
  const records = rows.map(({ text }) => JSON.parse(text) as AuditRecord);
  const { before, after } = records.find(({ action }) => action === "experiment.changed")!;
  const told = (...values: unknown[]) => ({
    vip: {
      type: "list",
      values: 2,
      digest: createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 16),
    },
  });
  expect(before?.savedGroups).toEqual({ ...told("gold-badge", 7), adult });
  expect(after?.savedGroups).toEqual(told("tin-badge", 7));
  expect(log).not.toMatch(/gold-badge|tin-badge/);
});

it.each<[string, object, number, string]>([
  ["one that is not declared", { savedGroups: {} }, 422, "EXPERIMENT_CONDITION"],
  [
    "too many values",
    { savedGroups: { vip: { type: "list", values: Array.from({ length: 2_001 }, (_, i) => i) } } },
    400,
    "SERVER_BAD_REQUEST",
  ],
  [
    "too many groups",
    {
      savedGroups: Object.fromEntries(
        Array.from({ length: 33 }, (_, i) => [`g${i}`, { type: "list", values: [] }]),
      ),
    },
    400,
    "SERVER_BAD_REQUEST",
  ],
  ["another kind", { savedGroups: { vip: { type: "crowd", values: [] } } }, 400, "SERVER_BAD_REQUEST"],
  [
    "an id with a blank",
    { savedGroups: { "v i p": { type: "list", values: [] } } },
    400,
    "SERVER_BAD_REQUEST",
  ],
])("are refused: %s", async (_name, more, status, code) => {
  const answer = await operate<ErrorJson>("/v1/experiments", { key: "wrong", channel, ...inVip, ...more });
  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  expect((await operate("/v1/experiments/wrong")).status).toBe(404);
});
