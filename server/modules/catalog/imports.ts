import { type Code, errorText, HaggleError, refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { By } from "../../platform/scope.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Changes } from "./change.ts";
import { checkRow, faultAt } from "./check-row.ts";
import * as store from "./import-store.ts";
import { toNewProduct, toNewVariant } from "./items.ts";
import { type Format, type ReadRow, readFile } from "./read-file.ts";
import type { ImportView, Row, RowFault } from "./schema.ts";
import { type NewProduct, type NewVariant, putProducts, putVariants } from "./store.ts";

export type Mode = "all-or-nothing" | "valid-rows";
export type Ask = { format: Format; mode: Mode; dryRun: boolean };

type Dependencies = {
  database: Database;
  changes: Changes;
  clock: Clock;
  learn: (revision: number) => void;
  newId: () => string;
  log: Logger;
};

/** In one statement; what is held of a file at once. */
const READ_AT_ONCE = 1_000;
const WRITTEN_AT_ONCE = 5_000;
/** Of one file: so many are written in one transaction. */
const MAX_ROWS = 500_000;
/** Of what is told; a file with more faults is wrong in general. */
const MAX_TOLD = 100;
/** Of a process: each holds some rows, and all write into one database. */
const MAX_AT_ONCE = 4;
const BEAT_MS = 10_000;
/** Nobody reads it any more. */
const STALE_MS = 60_000;
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const SWEEP_MS = 30_000;
const FOREIGN_KEY = "23503";

/** A dry run that came to its end: all of it is undone. */
class Undone extends Error {
  readonly rows: Pick<store.Counts, "written" | "unchanged">;
  constructor(rows: Undone["rows"]) {
    super("a dry run");
    this.rows = rows;
  }
}

/**
 * Files into the catalog. Rows are checked and staged as they arrive, some at a time; when the file is whole they are
 * written in one transaction: nobody ever sees half of a file, and nobody waits while it arrives.
 */
export function createImports({ database, changes, clock, learn, newId, log }: Dependencies) {
  let running = 0;

  /**
   * Puts a file into the catalog and tells how far it is, at last how it ended. Whoever stops asking before interrupts it.
   *
   * @throws HaggleError CATALOG_BUSY, CATALOG_INTERRUPTED
   */
  async function* run(source: AsyncIterable<Uint8Array>, ask: Ask, by: By): AsyncGenerator<ImportView> {
    if (running >= MAX_AT_ONCE) {
      throw new HaggleError("CATALOG_BUSY", `${running} files are on their way`, { value: running });
    }
    running++;
    const started = { id: newId(), ...ask, startedAt: clock() };
    const rows: store.Counts = { read: 0, written: 0, unchanged: 0, refused: 0 };
    const view: ImportView = { ...started, state: "reading", rows, errors: [] };
    let beat: NodeJS.Timeout | undefined;
    let isEnded = false;
    try {
      await store.insertImport(database, started, by.actor.id);
      beat = setInterval(
        () => void store.touchImport(database, started.id, clock()).catch(() => {}),
        BEAT_MS,
      );
      yield structuredClone(view);
      const whole = await (yield* read(source, view));
      view.state = whole && (rows.refused === 0 || ask.mode === "valid-rows") ? "writing" : "refused";
      if (view.state === "writing") {
        await save(view);
        yield structuredClone(view);
        clearInterval(beat);
        await write(view, by);
      }
      await save(view);
      isEnded = true;
      yield structuredClone(view);
    } finally {
      clearInterval(beat);
      running--;
      if (!isEnded) await interrupt(view);
      await store
        .deleteStaged(database)
        .catch((cause: unknown) => log.warn({ err: cause }, "staged rows stay"));
    }
  }

  /** @returns whether the file could be read to its end */
  async function* read(
    source: AsyncIterable<Uint8Array>,
    view: ImportView,
  ): AsyncGenerator<ImportView, boolean> {
    let batch: ReadRow[] = [];
    try {
      for await (const row of readFile(source, view.format as Format)) {
        batch.push(row);
        if (view.rows.read + batch.length > MAX_ROWS) {
          throw new HaggleError("CATALOG_TOO_LARGE", `More than ${MAX_ROWS} rows in one file`, {
            at: row.line,
          });
        }
        if (batch.length < READ_AT_ONCE) continue;
        await stage(view, batch);
        batch = [];
        yield structuredClone(view);
      }
    } catch (cause) {
      if (!(cause instanceof HaggleError)) {
        throw new HaggleError("CATALOG_INTERRUPTED", "The file ended before it was whole", { cause });
      }
      if (cause.code !== "CATALOG_BAD_FILE" && cause.code !== "CATALOG_TOO_LARGE") throw cause;
      await stage(view, batch);
      const { code, message, at, value } = cause;
      tell(view, [
        { line: Number(at ?? 1), code, message, ...(typeof value === "string" && { field: value }) },
      ]);
      return false;
    }
    await stage(view, batch);
    const { count, first } = await store.unstageWithoutProduct(database, view.id, MAX_TOLD);
    view.rows.refused += count;
    tell(
      view,
      first.map(({ line, productId }) => faultOf({ line }, ["productId"], "CATALOG_NO_PRODUCT", productId)),
    );
    return true;
  }

  /** Checks rows and keeps those that are right. */
  async function stage(view: ImportView, batch: readonly ReadRow[]): Promise<void> {
    const begin = view.rows.read;
    view.rows.read += batch.length;
    const found = batch.map((read, index) => ({ read, number: begin + index + 1, ...checkRow(read) }));
    const right = found.filter((one): one is typeof one & { row: Row } => "row" in one);
    const faults = new Map<number, RowFault[]>();
    for (const one of found) if ("faults" in one) faults.set(one.number, one.faults);
    await database.transaction(async (tx) => {
      const isNew = new Set(
        await store.stageRows(
          tx,
          view.id,
          right.map(({ read: { line }, number, row }) => ({
            number,
            line,
            variant: toNewVariant(row.sku, row),
          })),
        ),
      );
      const products = right.flatMap(({ number, row: { productId, product } }) =>
        product === undefined || !isNew.has(number)
          ? []
          : [{ number, product: toNewProduct(productId, product) }],
      );
      const others = new Set(products.length === 0 ? [] : await store.stageProducts(tx, view.id, products));
      if (others.size > 0) await store.unstageRows(tx, view.id, [...others]);
      for (const { read, number, row } of right) {
        if (!isNew.has(number)) faults.set(number, [faultOf(read, ["sku"], "CATALOG_DUPLICATE", row.sku)]);
        else if (others.has(number))
          faults.set(number, [faultOf(read, ["productId"], "CATALOG_PRODUCT_DIFFERS", row.productId)]);
      }
    });
    view.rows.refused += faults.size;
    for (const number of [...faults.keys()].sort((a, b) => a - b)) tell(view, faults.get(number)!);
    await save(view);
  }

  async function write(view: ImportView, by: By): Promise<void> {
    const staged = view.rows.read - view.rows.refused;
    try {
      const { result, revision } = await database.transaction(async (tx) => {
        if (!(await store.lockImport(tx, view.id))) throw refuse("CATALOG_INTERRUPTED", "id", view.id);
        const made = await changes.makeIn(tx, by, async (revision) => {
          const products = await writeProducts(tx, view.id, revision);
          const written = await writeVariants(tx, view.id, revision);
          const rows = { written, unchanged: staged - written };
          const ended: ImportView = {
            ...view,
            state: "done",
            rows: { ...view.rows, ...rows },
            endedAt: clock(),
          };
          await saveIn(tx, ended);
          const data = { import: view.id, products, variants: written };
          return { result: ended, news: { action: "catalog.imported", object: `import:${view.id}`, data } };
        });
        if (view.dryRun) throw new Undone(made.result.rows);
        return made;
      });
      Object.assign(view, result);
      learn(revision);
    } catch (cause) {
      if (cause instanceof Undone) {
        view.state = "done";
        Object.assign(view.rows, cause.rows);
      } else if ((cause as { code?: string }).code === FOREIGN_KEY) {
        // Somebody deleted a product in the moment before.
        view.state = "refused";
        tell(view, [{ line: 1, code: "CATALOG_NO_PRODUCT", message: errorText("CATALOG_NO_PRODUCT") }]);
      } else throw cause;
    }
  }

  async function writeProducts(tx: Queryable, id: string, revision: number): Promise<number> {
    let count = 0;
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page: NewProduct[] = await store.listStagedProducts(tx, { id, after, limit: WRITTEN_AT_ONCE });
      count += (await putProducts(tx, page, { revision, now: clock() })).length;
      after = page.length === WRITTEN_AT_ONCE ? page.at(-1)!.id : undefined;
    }
    return count;
  }

  async function writeVariants(tx: Queryable, id: string, revision: number): Promise<number> {
    let count = 0;
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page: NewVariant[] = await store.listStagedVariants(tx, { id, after, limit: WRITTEN_AT_ONCE });
      count += (await putVariants(tx, page, { revision, now: clock() })).length;
      after = page.length === WRITTEN_AT_ONCE ? page.at(-1)!.sku : undefined;
    }
    return count;
  }

  /** @throws HaggleError CATALOG_INTERRUPTED where somebody took it for given up, and cleared away what was staged */
  async function saveIn(tx: Queryable, view: ImportView): Promise<void> {
    const now = clock();
    if (!(await store.updateImport(tx, { ...view, endedAt: view.endedAt ?? null }, now))) {
      throw refuse("CATALOG_INTERRUPTED", "id", view.id);
    }
  }

  async function save(view: ImportView): Promise<void> {
    if (view.endedAt !== undefined) return;
    if (view.state === "done" || view.state === "refused") view.endedAt = clock();
    await saveIn(database, view);
  }

  async function interrupt(view: ImportView): Promise<void> {
    const ended: ImportView = { ...view, state: "interrupted", endedAt: clock() };
    await saveIn(database, ended).catch((cause: unknown) => {
      log.warn({ err: cause, import: view.id }, "an import that ended early is swept up later");
    });
  }

  /** Ends what no process goes on with, and clears away what it left. */
  async function sweep(): Promise<false> {
    const now = clock();
    await store.interruptImports(database, { before: now - STALE_MS, now });
    await store.deleteStaged(database);
    await store.deleteImports(database, now - KEPT_MS);
    return false;
  }

  return {
    run,
    /** @throws HaggleError CATALOG_UNKNOWN_IMPORT */
    async get(id: string): Promise<ImportView> {
      const row = await store.findImport(database, id);
      if (row === undefined) throw refuse("CATALOG_UNKNOWN_IMPORT", "id", id);
      const { endedAt, ...view } = row;
      return { ...view, ...(endedAt !== null && { endedAt }) };
    },
    /** Looks for what was given up, from now on. Returns what ends it. */
    watch: (): (() => Promise<void>) =>
      startWorker({ name: "catalog imports", work: sweep, everyMs: SWEEP_MS, log }).stop,
  };
}

function tell(view: ImportView, faults: readonly RowFault[]): void {
  view.errors.push(...faults.slice(0, MAX_TOLD - view.errors.length));
}

function faultOf(
  read: Pick<ReadRow, "line" | "findColumn">,
  path: readonly string[],
  code: Code,
  value: string,
): RowFault {
  return faultAt(read, path, code, value, errorText(code));
}
