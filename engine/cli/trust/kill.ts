// `haggle kill`: one thing off, or on again, by a new channel document. The fastest way to stop a mistake, so it needs the
// folder, the online key and nothing else: no build, no draft, no author.

import { readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Channel, HaggleError } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { replaceFile } from "@haggle/sdk/node";
import type { Signer } from "@haggle/sdk/sign";
import type { ChainedRoot } from "@haggle/sdk/trust";
import { dataFolder } from "../arguments.ts";
import { nextVersion, STABLE } from "../release-folder.ts";
import { printable, shown, type Terminal, usageError } from "../terminal.ts";
import { confirm } from "./ask.ts";
import {
  effectOf,
  findName,
  LIST_OF,
  type LiveReleases,
  readLiveReleases,
  type Switch,
  WHATS,
} from "./kill-names.ts";
import { showMoment } from "./life.ts";
import { checkChannelKey, signNextChannel } from "./next-channel.ts";
import { readServedRoot } from "./publish-root.ts";
import { findServedChannel, type ServedChannel } from "./served-channel.ts";
import { getSigner, SIGNER_FLAGS } from "./signer-flags.ts";

const FLAGS = {
  ...SIGNER_FLAGS,
  folder: { type: "string" },
  channel: { type: "string" },
  undo: { type: "boolean" },
  reason: { type: "string" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** Where a channel lies, and who signs the next one. */
type Place = { folder: string; path: string; name: string; root: ChainedRoot; signer: Signer };

export async function switchOff(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  const [word, id, ...more] = positionals;
  const what = WHATS.find((known) => known === word);
  if (what === undefined || id === undefined || more.length > 0) {
    throw usageError("kill promotion, rule or release, and its id", positionals.join(" "));
  }
  if (values.json && !values.yes) throw usageError("--json shows nothing to agree with; say --yes too");
  const { folder: given, channel: name = STABLE, undo: isUndo = false, reason } = values;
  const folder =
    given === undefined ? join(dataFolder(terminal, terminal.cwd), "releases") : resolve(terminal.cwd, given);
  const signer = await getSigner(terminal, values);
  const root = await readServedRoot(folder, Date.now());
  await checkChannelKey(signer, root.trusted);
  const place = { folder, path: join(folder, "channels", `${name}.json`), name, root, signer };
  const { channel } = await getServed(place);
  const live = await readLiveReleases(folder, channel);
  const change: Switch = { what, name: await findName({ what, id, isUndo, channel, live, folder }), isUndo };
  const isDone = channel.off[LIST_OF[what]].includes(change.name) !== isUndo;
  if (!isDone) {
    if (!values.json) showChange(terminal, change, channel, live);
    const question = `Switch this ${what} ${isUndo ? "on again" : "off"}?`;
    if (!values.yes && !(await confirm(terminal, question))) return 1;
  }
  const next = isDone ? channel : await replaceChannel(place, change);
  if (!isDone) await keepNote(terminal, place, next, change, reason);
  report(terminal, next, change, {
    isDone,
    effect: effectOf(change, next, live),
    json: values.json === true,
  });
  return 0;
}

function showChange(terminal: Terminal, change: Switch, channel: Channel, live: LiveReleases): void {
  const { what, name, isUndo } = change;
  const ended = channel.expires <= Date.now();
  terminal.out(
    `channel ${channel.channel} ${channel.version}: ${what} ${printable(name)} ${isUndo ? "on again" : "off"}`,
  );
  for (const line of effectOf(change, afterwards(channel, change), live)) terminal.out(`  ${line}`);
  if (ended) {
    const text = `the document has ended, ${showMoment(channel.expires)}; the new one makes all of it count again`;
    terminal.out(terminal.paint("yellow", text));
  }
}

/** @throws HaggleError CLI_FILE when the folder has no such channel, DOCUMENT_* for one that does not hold */
async function getServed({ folder, path, name, root }: Place): Promise<ServedChannel> {
  const served = await findServedChannel(folder, name, root);
  if (served !== undefined) return served;
  throw new HaggleError("CLI_FILE", "The folder serves no such channel", { at: path });
}

/** A server may sign the channel again at any time; what it has just written is then gone on from. */
const ATTEMPTS = 5;

async function replaceChannel(place: Place, change: Switch): Promise<Channel> {
  const { path, root, signer } = place;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { channel, bytes } = await getServed(place);
    const now = Date.now();
    const next: Channel = {
      ...afterwards(channel, change),
      version: nextVersion(channel.version, now),
      issued: now,
      expires: now + (channel.expires - channel.issued),
    };
    const signed = await signNextChannel(next, signer, root.trusted);
    const isDue = () => Buffer.compare(readFileSync(path), bytes) === 0;
    if (await replaceFile(path, (file) => file.writeFile(signed.bytes), { isDue })) return next;
  }
  throw new HaggleError("CLI_FILE", "Others write this channel all the time; nothing was written", {
    at: path,
  });
}

function afterwards(channel: Channel, { what, name, isUndo }: Switch): Channel {
  const list = LIST_OF[what];
  const others = channel.off[list].filter((other) => other !== name);
  return { ...channel, off: { ...channel.off, [list]: isUndo ? others : [...others, name] } };
}

const NOTES = ".kills.ndjson";

/** A line for the people of the shop. That it could not be kept does not undo what was done. */
async function keepNote(
  terminal: Terminal,
  { folder, signer }: Place,
  { channel, version, issued }: Channel,
  { what, name, isUndo }: Switch,
  reason: string | undefined,
): Promise<void> {
  const key = await sha256Hex(signer.publicKey);
  const act = isUndo ? "on" : "off";
  const line = { at: new Date(issued).toISOString(), channel, version, act, what, name, key, reason };
  const path = join(folder, NOTES);
  try {
    await appendFile(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    terminal.err(
      `${terminal.paint("yellow", "warning")} ${shown(terminal, path)} cannot be written (${code}); it is done all the same`,
    );
  }
}

function report(
  terminal: Terminal,
  { channel, version, expires }: Channel,
  { what, name, isUndo }: Switch,
  { isDone, effect, json }: { isDone: boolean; effect: string[]; json: boolean },
): void {
  if (json) {
    const facts = { channel, version, expires, what, name, off: !isUndo, changed: !isDone, effect };
    terminal.out(JSON.stringify(facts));
    return;
  }
  const state = `${what} ${printable(name)} is ${isUndo ? "on" : "off"}`;
  if (isDone) terminal.out(`channel ${channel} ${version}: ${state} already; nothing was written`);
  else terminal.out(`channel ${channel} ${version}: ${state}, until ${showMoment(expires)}`);
}
