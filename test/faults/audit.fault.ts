import { afterAll, beforeAll, describe, it } from "vitest";
import { type AuditedShop, createAuditedShop, tamper } from "../support/faults/audit-edits.ts";
import { tell } from "../support/faults/tell.ts";

// The audit log under the hands of whoever owns the database.

const RUNS = Number(process.env.HAGGLE_RUNS ?? 1_000);

let shop: AuditedShop;

beforeAll(async () => {
  shop = await createAuditedShop();
});
afterAll(() => shop.remove());

describe("an audit log that is", () => {
  it("edited by SQL", async (context) => {
    tell(context, RUNS, await tamper(shop, RUNS, 20));
  });
});
