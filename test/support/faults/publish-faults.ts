import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseAuditLine } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { createLog, openDatabase } from "@haggle/server";
import { verifyAuditChain } from "@haggle/toolchain";
import { signOnlineRoot } from "../online-root.ts";
import { createShop, testSigner } from "../release.ts";
import { tenantOf, testDatabaseUrl, until } from "../server.ts";
import { type Down, judgePulls, type Promised, type Published, pullAllTheTime } from "./pulls.ts";
import { requestOf } from "./registry-faults.ts";
import { checkRows, countRecords } from "./registry-rows.ts";
import { type Publication, point, send, signNext, TOTAL } from "./registry-stage.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

// F13: a server that is killed with signal 9 at any moment of a publish, while readers pull all the time.

const AUDIT_KEY = 7;
const PARTS = ["bundle", "release", "channel"] as const;
/** Of how long a part took the time before: two kills of three fall into it, the third one right behind. */
const REACH = 1.5;
const DONE = /^20[01]$/;

export type PublishStage = Awaited<ReturnType<typeof openPublishStage>>;

/** A server that signs heads of its audit log, under these settings, and may be killed. */
export async function openPublishStage(env: Readonly<Record<string, string>> = {}) {
  const shop = await createShop();
  const auditor = await testSigner(AUDIT_KEY);
  const root = await signOnlineRoot({ roles: { audit: [auditor] } });
  const first = await shop.publish({ root });
  await shop.giveKey("channel");
  await shop.giveKey("audit", AUDIT_KEY);
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: join(import.meta.dirname, "../../../server/migrations"),
    log: createLog("warn"),
  });
  const start = () => startServerProcess(shop, env);
  const stage = {
    shop,
    database,
    first: first.release.sha256,
    root: new TextDecoder().decode(root.bytes),
    auditKeys: [await importPublicKey(auditor.publicKey)],
    server: await start(),
    /** With signal 9; another one in its place. */
    async killServer(): Promise<void> {
      await stage.server.kill();
      stage.server = await start();
    },
    async close(): Promise<void> {
      if (stage.server.isRunning()) await stage.server.kill();
      await database.close();
      await shop.remove();
    },
  };
  return stage;
}

/**
 * Publishes, and kills the server while it stores the bundle, the release or the channel document in turn, at a random
 * moment. Behind each kill all that was acknowledged is there, once and with its record, the audit log is whole, and the
 * same publish goes through; readers meanwhile have the release before or the new one.
 *
 * @returns what went wrong
 */
export async function killWhilePublishing(stage: PublishStage, kills: number): Promise<string[]> {
  const { shop, first, root } = stage;
  const wrong: string[] = [];
  const published: Published[] = [{ release: first, total: TOTAL }];
  const promises: Promised[] = [{ at: 0, release: first }];
  const downs: Down[] = [];
  await using readers = pullAllTheTime(() => stage.server.url, root);
  let version = 1;

  async function sign(): Promise<Publication> {
    const { publication, total } = await signNext(shop, ++version);
    published.push({ release: publication.release.sha256, total });
    readers.want(publication.bundle.sha256);
    return publication;
  }

  function promise({ release }: Publication): void {
    promises.push({ at: performance.now(), release: release.sha256 });
  }

  /** All of it, and readers behind it. */
  async function publish(publication: Publication, name: string): Promise<number[]> {
    const took: number[] = [];
    for (const [index, part] of partsOf(stage.server, publication).entries()) {
      const asked = performance.now();
      const said = await part();
      took.push(performance.now() - asked);
      if (!DONE.test(said)) wrong.push(`${name}: ${PARTS[index]}: ${said}`);
      else if (index === PARTS.length - 1) promise(publication);
    }
    const doneAt = performance.now();
    await until(() => readers.pulls.some(({ askedAt }) => askedAt > doneAt));
    return took;
  }

  const tookMs = await publish(await sign(), "whole");
  for (let kill = 0; kill < kills; kill++) {
    const at = kill % PARTS.length;
    const publication = await sign();
    const name = `kill ${kill}, ${PARTS[at]}`;
    const parts = partsOf(stage.server, publication);
    const said: string[] = [];
    for (const part of parts.slice(0, at)) said.push(await part());
    const asked = performance.now();
    const answer = parts[at]!().then(
      (told) => {
        said.push(told);
        tookMs[at] = performance.now() - asked;
        if (at === PARTS.length - 1) promise(publication);
      },
      // The connection broke off: nothing was told.
      () => {},
    );
    await pause(Math.random() * REACH * tookMs[at]!);
    const from = performance.now();
    await stage.killServer();
    await answer;
    downs.push({ from, until: performance.now() });
    wrong.push(...said.filter((it) => !DONE.test(it)).map((it) => `${name}: ${it}`));
    wrong.push(...(await judgeStored(stage, publication, said.length)).map((it) => `${name}: ${it}`));

    await publish(publication, `${name}, again`);
    wrong.push(...(await judgeStored(stage, publication, PARTS.length)).map((it) => `${name}, again: ${it}`));
  }
  await readers.stop();
  wrong.push(...(await checkRows(stage.database)));
  return [...wrong, ...judgePulls(readers.pulls, published, promises, downs)];
}

function partsOf(server: ServerProcess, { bundle, release }: Publication): (() => Promise<string>)[] {
  return [
    () => send(server, requestOf("bundle", bundle.bytes)),
    () => send(server, requestOf("release", release.bytes)),
    () => point({ server }, release.sha256),
  ];
}

/** Of a publication of which so many parts were acknowledged: what is there is whole, and written down once. */
async function judgeStored(
  stage: PublishStage,
  publication: Publication,
  acknowledged: number,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [index, kind] of (["bundle", "release"] as const).entries()) {
    const { sha256, bytes } = publication[kind];
    const response = await stage.server.get(`/v1/${kind}s/${sha256}`);
    const served = Buffer.from(await response.arrayBuffer());
    const isThere = response.status === 200;
    if (isThere ? !served.equals(bytes) : response.status !== 404) {
      wrong.push(`the ${kind} is served with ${response.status}, ${served.length} bytes of it`);
    }
    if (!isThere && index < acknowledged) wrong.push(`the ${kind} is acknowledged and missing`);
    const records = await countRecords(stage.database, `${kind}:${sha256}`);
    if (records !== Number(isThere)) wrong.push(`the ${kind} is there: ${isThere}, in ${records} records`);
  }
  return [...wrong, ...(await judgeAudit(stage))];
}

/** The chain is whole by what was kept of it outside, and each channel document that the server signed has one record. */
async function judgeAudit({ server, shop, database, auditKeys }: PublishStage): Promise<string[]> {
  const headers = { authorization: `Bearer ${server.key}` };
  const text = await (await fetch(`${server.url}/v1/audit/export`, { headers })).text();
  const lines = text.trimEnd().split("\n");
  // The last line may be torn: it counts when the server has gone on behind it.
  const heads = (await readFile(join(shop.dataFolder, "audit", "heads.jsonl"), "utf8"))
    .split("\n")
    .slice(0, -1);
  const { findings } = await verifyAuditChain(lines, { heads, keys: auditKeys });
  const records = lines
    .map(parseAuditLine)
    .flatMap((line) => ("record" in line ? [parseRecord(line.record)] : []));
  const told = records
    .filter(({ action }) => action === "channel.pointed")
    .map(({ after }) => after.version!);
  const stored = await database.query<{ version: number }>(
    "select version from channel_documents where channel = 'stable' and kind = 'channel' and edition > 1 order by version",
  );
  const versions = stored.map(({ version }) => version).join();
  const isTold = told.sort((a, b) => a - b).join() === versions;
  return [
    ...findings.map(({ code, at }) => `the audit log: ${code} at ${at}`),
    ...(isTold ? [] : [`channel documents ${versions}, in the records ${told}`]),
  ];
}

function parseRecord(text: string) {
  return JSON.parse(text) as { action: string; after: { version?: number } };
}
