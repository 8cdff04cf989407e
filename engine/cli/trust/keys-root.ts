// `keys root` and `keys rotate`: the document that says which keys count, written for others to sign.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { encodeDocument, encodeEnvelope, type Role, type Root } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { buildTime, wholeNumber } from "../arguments.ts";
import { findFile, writeAtomically } from "../files.ts";
import { pasted, shown, type Terminal, usageError } from "../terminal.ts";
import { parseExpiry, showMoment } from "./life.ts";
import {
  addKey,
  draftOf,
  finish,
  ROLES,
  type RoleName,
  type RootDraft,
  removeKey,
  roleName,
  setRole,
} from "./role-flags.ts";
import { readRoot } from "./root-file.ts";
import { tallyRoot } from "./signed-file.ts";
import { rootTallyLines, shortKey, tallyJson } from "./tally-text.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** People have to meet once a year, and notice then who has left. */
const ROOT_LIFE_MS = 365 * DAY_MS;
const MAX_THRESHOLD = 32;

const FLAGS = {
  role: { type: "string", multiple: true },
  add: { type: "string", multiple: true },
  remove: { type: "string", multiple: true },
  threshold: { type: "string", multiple: true },
  tenant: { type: "string" },
  root: { type: "string" },
  expires: { type: "string" },
  out: { type: "string" },
  "allow-shared-keys": { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** The first root of several people. */
export async function newRoot(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals, tokens } = parseArgs({
    args,
    options: FLAGS,
    allowPositionals: true,
    tokens: true,
  });
  if (positionals.length > 0) throw usageError("keys root takes flags only", positionals[0]);
  if (values.root !== undefined) throw usageError("keys root makes the first root; keys rotate the next one");
  const draft = draftOf();
  await applyFlags(draft, tokens, terminal);
  const channel = draft.roles.get("channel");
  for (const name of ["prices", "receipt"] as const) {
    if (channel === undefined || draft.roles.has(name)) continue;
    draft.roles.set(name, channel);
    if (!values.json) terminal.out(`${name}: the channel's keys, since --role ${name}= is left out`);
  }
  const now = buildTime(terminal);
  const root: Root = {
    type: "root",
    version: 1,
    ...(values.tenant === undefined ? {} : { tenant: values.tenant }),
    issued: now,
    expires: values.expires === undefined ? now + ROOT_LIFE_MS : parseExpiry(values.expires, now),
    ...finish(draft, values["allow-shared-keys"] === true),
  };
  return write(terminal, root, undefined, { out: values.out ?? "root.json", json: values.json === true });
}

/** The root after a given one, with other keys. */
export async function rotateRoot(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals, tokens } = parseArgs({
    args,
    options: FLAGS,
    allowPositionals: true,
    tokens: true,
  });
  if (positionals.length > 0) throw usageError("keys rotate takes flags only", positionals[0]);
  if (values.root === undefined) throw usageError("keys rotate needs --root FILE, the root that is served");
  if (values.tenant !== undefined) throw usageError("A root keeps its tenant");
  const { trusted: old } = await readRoot(resolve(terminal.cwd, values.root));
  const draft = draftOf(old.root);
  await applyFlags(draft, tokens, terminal);
  const now = buildTime(terminal);
  const version = old.root.version + 1;
  const { type, tenant } = old.root;
  const root: Root = {
    type,
    version,
    ...(tenant === undefined ? {} : { tenant }),
    issued: now,
    expires: values.expires === undefined ? now + ROOT_LIFE_MS : parseExpiry(values.expires, now),
    ...finish(draft, values["allow-shared-keys"] === true),
  };
  const out = values.out ?? `root-${version}.json`;
  return write(terminal, root, old, { out, json: values.json === true });
}

type Tokens = ReturnType<
  typeof parseArgs<{ tokens: true; options: typeof FLAGS; allowPositionals: true }>
>["tokens"];

/** In the order in which they stand: --add, --remove and --threshold are of the role named before them. */
async function applyFlags(draft: RootDraft, tokens: Tokens, terminal: Terminal): Promise<void> {
  const cwd = (path: string) => resolve(terminal.cwd, path);
  let role: RoleName | undefined;
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, value = "" } = token;
    if (name === "role" && value.includes("=")) await setRole(draft, value, cwd);
    else if (name === "role") role = roleName(value);
    else if (name === "remove") await removeKey(draft, role, value, cwd);
    else if (name === "add") await addKey(draft, named(role, "--add"), value, cwd);
    else if (name === "threshold") {
      const target = draft.roles.get(named(role, "--threshold"));
      if (target === undefined) throw usageError("The role has no keys", role);
      target.threshold = wholeNumber("--threshold", value, 1, MAX_THRESHOLD);
    }
  }
}

function named(role: RoleName | undefined, flag: string): RoleName {
  if (role === undefined) throw usageError(`Say --role NAME before ${flag}`);
  return role;
}

/** Whether what the old role let through the new one may not. */
function isStricter(old: Role, next: Role): boolean {
  return next.threshold > old.threshold || old.keyids.some((keyid) => !next.keyids.includes(keyid));
}

/** Writes the unsigned root and says whose signatures it takes. */
async function write(
  terminal: Terminal,
  root: Root,
  old: Awaited<ReturnType<typeof readRoot>>["trusted"] | undefined,
  { out, json }: { out: string; json: boolean },
): Promise<number> {
  const path = resolve(terminal.cwd, out);
  if ((await findFile(path)) !== undefined) throw usageError("There is a file already; say --out FILE", out);
  const envelope = { type: root.type, payload: encodeDocument(root), signatures: [] };
  const bytes = encodeEnvelope(envelope);
  const sha256 = await sha256Hex(envelope.payload);
  const tally = await tallyRoot({ type: "root", document: root, envelope, bytes, sha256 }, old);
  await writeAtomically(path, bytes);
  if (json) {
    const needs = { own: tallyJson(tally.own), ...(tally.old && { old: tallyJson(tally.old) }) };
    terminal.out(
      JSON.stringify({
        path,
        version: root.version,
        sha256,
        expires: root.expires,
        roles: root.roles,
        ...needs,
      }),
    );
    return 0;
  }
  terminal.out(
    `${shown(terminal, path)}: root ${root.version}, not signed yet, until ${showMoment(root.expires)}`,
  );
  for (const name of ROLES) {
    const role = root.roles[name];
    if (role)
      terminal.out(`  ${name.padEnd(8)} ${role.threshold} of ${role.keyids.map(shortKey).join(", ")}`);
  }
  for (const line of rootTallyLines(terminal, tally)) terminal.out(line);
  if (old !== undefined && isStricter(old.root.roles.release, root.roles.release)) {
    const text =
      "a live release may have too few signatures under it; release publish says so before it writes";
    terminal.out(terminal.paint("yellow", text));
  }
  const before = old === undefined ? "" : " --root OLD.json";
  terminal.out(`Each of them: haggle release sign ${pasted(shown(terminal, path))}${before} --key FILE`);
  return 0;
}
