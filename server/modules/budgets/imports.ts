import { type Code, errorText, findFaults, HaggleError, refuse } from "@haggle/abi";
import type { Database } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";
import { findCampaign } from "./campaign-store.ts";
import * as store from "./code-store.ts";
import { toNewCode } from "./codes.ts";
import { type Format, type ReadRow, readCodes } from "./read-codes.ts";
import { CodeBody, type CodesView } from "./schema.ts";

type Dependencies = {
  database: Database;
  idOf: (code: string) => string;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
};

/** In one statement. */
const WRITTEN_AT_ONCE = 5_000;
const MAX_ROWS = 1_000_000;
/** Of what is told; a file with more faults is wrong in general. */
const MAX_TOLD = 100;

/**
 * Files of codes. Rows are written as they arrive, some at a time, and a code that the campaign has already stays as it is: a file
 * that broke off is sent again.
 */
export function createCodeImports({ database, idOf, audit, outbox }: Dependencies) {
  const tell = createTell({ audit, outbox });

  async function write(campaign: string, rows: readonly ReadRow[], view: CodesView): Promise<void> {
    const codes = new Map<string, { line: number; code: store.NewCode }>();
    for (const { line, value } of rows) {
      const code = value && readRow(value, idOf);
      if (code === undefined) addFault(view, line, "COUPON_BAD_ROW");
      // The first of two that are the same counts.
      else if (codes.has(code.id)) view.unchanged += 1;
      else codes.set(code.id, { line, code });
    }
    const ids = [...codes.keys()];
    if (ids.length === 0) return;
    const isNew = await store.insertCodes(
      database,
      campaign,
      [...codes.values()].map(({ code }) => code),
    );
    view.written += isNew.length;
    if (isNew.length === ids.length) return;
    const taken = await store.listTaken(database, campaign, ids);
    for (const id of taken) addFault(view, codes.get(id)!.line, "COUPON_TAKEN");
    view.unchanged += ids.length - isNew.length - taken.length;
  }

  /**
   * Puts the codes of a file into a campaign, and tells how far it is; at last how it ended.
   *
   * @throws HaggleError CAMPAIGN_UNKNOWN before it tells anything
   */
  async function* run(
    campaign: string,
    source: AsyncIterable<Uint8Array>,
    format: Format,
    by: By,
  ): AsyncGenerator<CodesView> {
    if ((await findCampaign(database, campaign)) === undefined) {
      throw refuse("CAMPAIGN_UNKNOWN", "id", campaign);
    }
    const view: CodesView = { read: 0, written: 0, unchanged: 0, refused: 0, errors: [], isWhole: false };
    yield structuredClone(view);
    let batch: ReadRow[] = [];
    try {
      for await (const row of readCodes(source, format)) {
        if (view.read + batch.length === MAX_ROWS) throw refuse("COUPON_TOO_MANY", row.line);
        batch.push(row);
        if (batch.length < WRITTEN_AT_ONCE) continue;
        const full = batch;
        batch = [];
        view.read += full.length;
        await write(campaign, full, view);
        yield structuredClone(view);
      }
      view.isWhole = true;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || cause.code === "SERVER_DATABASE") throw cause;
      const line = Number(cause.at ?? 0) || view.read + batch.length + 1;
      addFault(view, line, cause.code, cause.message);
    } finally {
      // Also where the sender is gone: what is there by then is told.
      view.read += batch.length;
      await write(campaign, batch, view);
      await tellOf(campaign, view, by);
    }
    yield structuredClone(view);
  }

  async function tellOf(campaign: string, view: CodesView, by: By): Promise<void> {
    if (view.written === 0) return;
    const data = { campaign, codes: view.written };
    const object = `campaign:${campaign}`;
    await database.transaction((tx) =>
      tell(tx, by, { action: "coupons.added", subject: campaign, data, object, after: data }),
    );
  }

  return { run };
}

function readRow(value: Record<string, unknown>, idOf: (code: string) => string): store.NewCode | undefined {
  if (findFaults(value, ROW_SCHEMA, ROW_SCHEMA).length > 0) return undefined;
  try {
    return toNewCode(value as CodeBody, idOf);
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}

/** Neither the code nor anything else of the row is told: it is a way to money. */
function addFault(view: CodesView, line: number, code: Code, message: string = errorText(code)): void {
  view.refused += 1;
  if (view.errors.length < MAX_TOLD) view.errors.push({ line, code, message });
}

const ROW_SCHEMA = CodeBody as unknown as Parameters<typeof findFaults>[1];
