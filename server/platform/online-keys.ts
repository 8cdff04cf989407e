// The keys that this server signs with: each apart, each in a file or behind a command, each replaceable while the
// server runs. Authors' keys are never among them. No line of the log and no answer shows anything of a key.

import { existsSync, statSync } from "node:fs";
import { encodeUtf8, explainError, HaggleError } from "@haggle/abi";
import { sha256Hex, type TrustedRoot } from "@haggle/sdk";
import { openSigner, readPassphrase } from "@haggle/sdk/node";
import type { Signer } from "@haggle/sdk/sign";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";

/** What online keys sign: channel documents, prices documents, receipts of quotes, and heads of the audit log. */
export const ONLINE_ROLES = ["channel", "prices", "receipt", "audit"] as const;

export type OnlineRole = (typeof ONLINE_ROLES)[number];

export type KeySetting = {
  /** `file:PATH` or `command:...`. */
  signer: string;
  /** Path of the public key file of a command. */
  publicKey?: string | undefined;
  /** The path of a file that need not be there. */
  optional?: string | undefined;
};

export type KeySettings = Readonly<Record<OnlineRole, KeySetting>>;

/**
 * `opening` until it was first tried; `notInRoot` where the root does not let it sign for its role. Without a root
 * nothing is known against a key.
 */
export type KeyState = "opening" | "ready" | "missing" | "unusable" | "notInRoot";

export type OnlineKeys = ReturnType<typeof createOnlineKeys>;

type Dependencies = {
  settings: KeySettings;
  /** The file of the passphrase of encrypted key files. */
  passphraseFile?: string | undefined;
  clock: Clock;
  log: Logger;
};

/** A key that does not work is tried again: services come back. Deriving a key from a passphrase takes 0.3 s. */
const RETRY_MS = 30_000;

/** No document and no module: what is signed of these bytes is of no use to anybody. */
const PROBE = encodeUtf8("haggle asks whether this signer answers");

/** What came of the last try. */
type Outcome = { signer: Signer; keyid: string } | { failure: HaggleError } | "missing";

export function createOnlineKeys({ settings, passphraseFile, clock, log }: Dependencies) {
  const outcomes = new Map<OnlineRole, Outcome>();
  /** What the files of the keys were when they were opened. */
  const stamps = new Map<OnlineRole, string>();
  const told = new Map<OnlineRole, string>();
  let triedAt: number | undefined;
  let opening: Promise<unknown> | undefined;

  /** Opens what was replaced, and now and then what does not work. `root` says which keys have their roles. */
  async function refresh(root: TrustedRoot | undefined): Promise<void> {
    const now = clock();
    const isRetry = triedAt === undefined || Math.abs(now - triedAt) >= RETRY_MS;
    if (isRetry) triedAt = now;
    const due = ONLINE_ROLES.filter(
      (role) => stamps.get(role) !== stampOf(settings[role]) || (isRetry && stateOf(role, root) !== "ready"),
    );
    const opened = Promise.all(due.map(open));
    opening ??= opened;
    await opened;
    tellAll(root);
  }

  async function open(role: OnlineRole): Promise<void> {
    const { signer: spec, publicKey, optional } = settings[role];
    // Before it is read: what changes while it is read is then seen the next time.
    stamps.set(role, stampOf(settings[role]));
    if (optional !== undefined && !existsSync(optional)) {
      outcomes.set(role, "missing");
      return;
    }
    try {
      const passphrase = passphraseFile === undefined ? undefined : () => readPassphrase(passphraseFile);
      const onStderr = (line: string) => log.warn({ role, line }, "the signer of an online key says");
      const signer = await openSigner(spec, { publicKey, passphrase, onStderr });
      await signer.sign(PROBE);
      outcomes.set(role, { signer, keyid: await sha256Hex(signer.publicKey) });
    } catch (cause) {
      fail(role, cause);
    }
  }

  function fail(role: OnlineRole, cause: unknown): void {
    outcomes.set(role, { failure: cause instanceof HaggleError ? cause : unexpected(cause) });
  }

  function stateOf(role: OnlineRole, root: TrustedRoot | undefined): KeyState {
    const outcome = outcomes.get(role);
    if (outcome === undefined) return "opening";
    if (outcome === "missing") return "missing";
    if ("failure" in outcome) return "unusable";
    if (root === undefined) return "ready";
    return root.root.roles[role]?.keyids.includes(outcome.keyid) ? "ready" : "notInRoot";
  }

  /** Says once what is wrong with a key, and once that it is right again. */
  function tellAll(root: TrustedRoot | undefined): void {
    for (const role of ONLINE_ROLES) {
      const state = stateOf(role, root);
      const outcome = outcomes.get(role);
      const failure = typeof outcome === "object" && "failure" in outcome ? outcome.failure : undefined;
      const details = { role, state, ...(failure && { reason: explainError(failure) }) };
      const text = JSON.stringify(details);
      const before = told.get(role);
      if (before === text) continue;
      told.set(role, text);
      const code = codeOf(state);
      if (code !== undefined) log.warn({ code, ...details }, "an online key cannot be used");
      else if (state === "ready") log.info(details, "an online key is ready");
    }
  }

  return {
    refresh,
    stateOf,
    /** When the first try of each is over, where one has begun. */
    async opened(): Promise<void> {
      await opening;
    },
    /** The signer of a role, if the root lets it sign. */
    find(role: OnlineRole, root: TrustedRoot): Signer | undefined {
      const outcome = outcomes.get(role);
      const isReady = stateOf(role, root) === "ready" && typeof outcome === "object" && "signer" in outcome;
      return isReady ? outcome.signer : undefined;
    },
    /** To be told of a signature that failed: the key counts as unusable until it opens again. */
    fail,
    /** One of each code that there is. */
    findWarnings(root: TrustedRoot | undefined): string[] {
      const codes = ONLINE_ROLES.map((role) => codeOf(stateOf(role, root)));
      return [...new Set(codes.filter((code) => code !== undefined))];
    },
  };
}

/** Another one when the key file, or the public key file of a command, is another or was changed, whatever its times say. */
function stampOf({ signer, publicKey }: KeySetting): string {
  try {
    const { ino, size, ctimeMs } = statSync(
      signer.startsWith("command:") ? publicKey! : signer.slice("file:".length),
    );
    return [ino, size, ctimeMs].join();
  } catch (cause) {
    return String((cause as NodeJS.ErrnoException).code);
  }
}

function codeOf(state: KeyState): "SERVER_KEY_UNUSABLE" | "SERVER_KEY_NOT_IN_ROOT" | undefined {
  if (state === "unusable") return "SERVER_KEY_UNUSABLE";
  return state === "notInRoot" ? "SERVER_KEY_NOT_IN_ROOT" : undefined;
}

/** Shows nothing of the cause: it comes from where key bytes are. */
function unexpected(cause: unknown): HaggleError {
  return new HaggleError("SERVER_KEY_UNUSABLE", "Opening the key failed unexpectedly", { cause });
}
