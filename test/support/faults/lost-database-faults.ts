import type { startCommitProxy } from "../commit-proxy.ts";
import { until } from "../server.ts";
import { requestOf } from "./registry-faults.ts";
import { checkRows, countRecords } from "./registry-rows.ts";
import { isInFolder, nextRelease, openPricing, point, type RegistryStage, send } from "./registry-stage.ts";

// A database that goes away while something is published, and comes back.

type Proxy = Awaited<ReturnType<typeof startCommitProxy>>;

/** What is said in each transaction that stores something. */
export const STORING = "into audit_records";
/** The break of a commit that nobody hears of; others are that many messages behind the beginning. */
export const UNHEARD = -1;
const ANSWERS_MEANWHILE = 8;
const AWAY = "503 SERVER_DATABASE";

/**
 * Publishes while the database goes away, each part of a publish with each of these breaks. Once it is back the same publish
 * goes through, each part of it stored and told once, and all the time everybody is priced.
 *
 * @returns how often it went away, and what went wrong
 */
export async function loseDatabase(
  stage: RegistryStage,
  proxy: Proxy,
  breaks: readonly number[],
): Promise<{ runs: number; wrong: string[] }> {
  const { world, server } = stage;
  const { database } = world;
  await using pricing = openPricing(stage);
  const wrong: string[] = [];

  async function publish(at: number, messages: number): Promise<void> {
    const { bundle, release } = await pricing.sign(await nextRelease(stage));
    const parts = [
      () => send(server, requestOf("bundle", bundle.bytes)),
      () => send(server, requestOf("release", release.bytes)),
      () => point(stage, release.sha256),
    ];
    const name = `part ${at}, break ${messages}`;
    for (const part of parts.slice(0, at)) await part();
    if (messages === UNHEARD) proxy.arm();
    else proxy.breakAfter(messages);
    const said = await parts[at]!();
    if (messages === UNHEARD && !proxy.isDown()) wrong.push(`${name}: nothing was cut`);
    proxy.breakDown();
    if (!/^20[01]$/.test(said) && said !== AWAY) wrong.push(`${name}: ${said}`);
    const away = await parts[at]!();
    if (away !== AWAY) wrong.push(`${name}, without a database: ${away}`);
    await pricing.goesOn(ANSWERS_MEANWHILE);
    proxy.mend();
    for (const part of parts) await until(async () => /^20[01]$/.test(await part()));
    await pricing.isPricedBy(release);
    for (const object of [`bundle:${bundle.sha256}`, `release:${release.sha256}`]) {
      const told = await countRecords(database, object);
      if (told !== 1) wrong.push(`${name}: ${object} was told ${told} times`);
    }
  }

  for (const messages of breaks) for (const at of [0, 1, 2]) await publish(at, messages);
  await point(stage, world.from);
  await isInFolder(stage);
  wrong.push(...(await checkRows(database)), ...(await pricing.finish()));
  return { runs: 3 * breaks.length, wrong };
}
