// `--role root=a.pk,b.pk:2`, and what a rotation says with `--role NAME` and the flags behind it.

import { type DocumentRole, encodeBase64, HaggleError, type Role, type Root } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { readPublicKey } from "@haggle/sdk/node";
import { usageError } from "../terminal.ts";

export type RoleName = keyof Root["roles"];
export const ROLES: readonly RoleName[] = ["root", "release", "channel", "prices", "receipt", "audit"];
/** Held by people, away from machines that serve. */
const OFFLINE: readonly RoleName[] = ["root", "release"];

type KeyEntry = { keyid: string; public: string };

/** The roles and keys of a root that is being put together. */
export type RootDraft = { keys: Map<string, string>; roles: Map<RoleName, Role> };

export function draftOf(root?: Root): RootDraft {
  const keys = Object.entries(root?.keys ?? {}).map(([keyid, key]) => [keyid, key.public] as const);
  const roles = Object.entries(root?.roles ?? {}) as [RoleName, Role][];
  return {
    keys: new Map(keys),
    roles: new Map(roles.map(([name, role]) => [name, { ...role, keyids: [...role.keyids] }])),
  };
}

/** `NAME=KEY,KEY:THRESHOLD`; the threshold is 1 when left out. Keys are public key files, or ids that the root has. */
export async function setRole(draft: RootDraft, text: string, cwd: (path: string) => string): Promise<void> {
  const parts = /^([a-z]+)=(.+?)(?::(\d+))?$/.exec(text);
  if (parts === null) throw usageError("--role NAME=FILE,FILE:THRESHOLD", text);
  const [, name, list, threshold = "1"] = parts;
  const keys = await Promise.all(list!.split(",").map((key) => findKey(draft, key, cwd)));
  for (const { keyid, public: bytes } of keys) draft.keys.set(keyid, bytes);
  draft.roles.set(roleName(name!), {
    keyids: [...new Set(keys.map(({ keyid }) => keyid))],
    threshold: Number(threshold),
  });
}

export async function addKey(
  draft: RootDraft,
  name: RoleName,
  key: string,
  cwd: (path: string) => string,
): Promise<void> {
  const { keyid, public: bytes } = await findKey(draft, key, cwd);
  draft.keys.set(keyid, bytes);
  const role = draft.roles.get(name) ?? { keyids: [], threshold: 1 };
  if (!role.keyids.includes(keyid)) role.keyids.push(keyid);
  draft.roles.set(name, role);
}

/** Takes a key out of one role, or out of all: what was lost or stolen is lost everywhere. */
export async function removeKey(
  draft: RootDraft,
  name: RoleName | undefined,
  key: string,
  cwd: (path: string) => string,
): Promise<void> {
  const { keyid } = await findKey(draft, key, cwd);
  const roles = name === undefined ? [...draft.roles.values()] : [draft.roles.get(name)];
  if (!roles.some((role) => role?.keyids.includes(keyid))) throw usageError("No role has this key", key);
  for (const role of roles) if (role) role.keyids = role.keyids.filter((other) => other !== keyid);
}

export function roleName(text: string): RoleName {
  const name = ROLES.find((role) => role === text);
  if (name === undefined) throw usageError(`A role is one of ${ROLES.join(", ")}`, text);
  return name;
}

/** Without keys that no role has. @throws HaggleError CLI_USAGE for a role that is missing, DOCUMENT_BAD_FIELD for a shared key */
export function finish(
  { keys, roles }: RootDraft,
  allowShared: boolean,
): { keys: Root["keys"]; roles: Root["roles"] } {
  const missing = ROLES.filter((name) => name !== "audit" && !roles.has(name));
  if (missing.length > 0) throw usageError(`--role is missing for ${missing.join(", ")}`);
  const shared = sharedKeys(Object.fromEntries(roles) as Root["roles"])[0];
  if (shared !== undefined && !allowShared) {
    const message = `A key of the offline role ${shared.offline} may not be on a server; --allow-shared-keys if it must`;
    throw new HaggleError("DOCUMENT_BAD_FIELD", message, {
      at: `root.roles.${shared.online}`,
      value: shared.keyid,
    });
  }
  const used = new Set([...roles.values()].flatMap(({ keyids }) => keyids));
  return {
    keys: Object.fromEntries(
      [...keys]
        .filter(([keyid]) => used.has(keyid))
        .map(([keyid, bytes]) => [keyid, { algorithm: "ed25519", public: bytes }] as const),
    ),
    roles: Object.fromEntries(
      ROLES.flatMap((name) => (roles.has(name) ? [[name, roles.get(name)]] : [])),
    ) as Root["roles"],
  };
}

/** Keys that have an offline role and an online one: whoever breaks into the server then signs releases. */
export function sharedKeys(roles: Root["roles"]): { keyid: string; offline: RoleName; online: RoleName }[] {
  const online = ROLES.filter((name) => !OFFLINE.includes(name));
  return OFFLINE.flatMap((offline) =>
    online.flatMap((name) =>
      (roles[name]?.keyids ?? [])
        .filter((keyid) => roles[offline as DocumentRole].keyids.includes(keyid))
        .map((keyid) => ({ keyid, offline, online: name })),
    ),
  );
}

const KEY_ID_PREFIX = /^[0-9a-f]{8,64}$/;

async function findKey({ keys }: RootDraft, text: string, cwd: (path: string) => string): Promise<KeyEntry> {
  const known = KEY_ID_PREFIX.test(text) ? [...keys].filter(([keyid]) => keyid.startsWith(text)) : [];
  if (known.length > 1) throw usageError("Several keys begin like this", text);
  if (known[0] !== undefined) return { keyid: known[0][0], public: known[0][1] };
  const bytes = await readPublicKey(cwd(text));
  const { keyid } = await importPublicKey(bytes);
  return { keyid, public: encodeBase64(bytes) };
}
