import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type AuditHead,
  decodeUtf8,
  encodeUtf8,
  explainError,
  HaggleError,
  parseAuditHead,
  parseEnvelope,
} from "@haggle/abi";
import type { TrustedRoot } from "@haggle/sdk";
import { cosign, type Signer } from "@haggle/sdk/sign";
import type { Logger } from "pino";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import type { Audit } from "./service.ts";

type Dependencies = {
  audit: Pick<Audit, "head" | "findHash">;
  keys: OnlineKeys;
  /** Says whether the key may sign heads. */
  findRoot: () => TrustedRoot | undefined;
  /** One JSON object a line. Belongs on another disk than the database, or is shipped elsewhere. */
  file: string;
  /** 0: only when the server starts and stops. */
  everyMs: number;
  log: Logger;
};

/** An envelope has about 600 bytes. */
const TAIL_BYTES = 8 * 1024;

/**
 * Keeps the end of the audit chain outside of the database, signed where there is an online key: whoever can write into the
 * database can write the whole chain anew, and is found out by this. A log that no longer has the last head that was
 * kept is told of, and no head of it is signed.
 */
export function createAuditHeads({ audit, keys, findRoot, file, everyMs, log }: Dependencies) {
  let signed: object | undefined;
  let isBroken = false;
  let running: Promise<void> | undefined;

  function run(): Promise<void> {
    running ??= keep()
      .catch((cause: unknown) => {
        const reason = cause instanceof HaggleError ? explainError(cause) : String(cause);
        log.error({ reason }, "the head of the audit log could not be kept");
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function keep(): Promise<void> {
    const last = await readLast(file);
    signed ??= last?.signed;
    const head = await audit.head();
    await check(last?.head, head);
    if (isBroken) return;
    const root = findRoot();
    const signer = root && keys.find("audit", root);
    const isKept = head.seq === (last?.head.seq ?? 0) && (signer === undefined || last?.signed !== undefined);
    if (!isKept) await append(file, await encode(head, signer));
  }

  async function check(last: AuditHead | undefined, { tenant, seq }: AuditHead): Promise<void> {
    const was = isBroken;
    isBroken =
      last !== undefined &&
      last.tenant === tenant &&
      last.seq > 0 &&
      (last.seq > seq || (await audit.findHash(last.seq)) !== last.hash);
    if (isBroken && !was) {
      log.error(
        { code: "SERVER_AUDIT_BROKEN", seq: last?.seq, file },
        "the audit log is not the one that was kept",
      );
    }
  }

  /** The line to keep: an envelope where there is a key to sign with, the bare head elsewhere. */
  async function encode(head: AuditHead, signer: Signer | undefined): Promise<string> {
    if (signer === undefined) return JSON.stringify(head);
    try {
      const payload = encodeUtf8(JSON.stringify(head));
      const { bytes } = await cosign({ type: "audit-head", payload, signatures: [] }, [signer]);
      const text = decodeUtf8(bytes);
      signed = JSON.parse(text) as object;
      return text;
    } catch (cause) {
      keys.fail("audit", cause);
      throw cause;
    }
  }

  return {
    run,
    /** The newest envelope that this process knows of. */
    findSigned: (): object | undefined => signed,
    isBroken: (): boolean => isBroken,
    /** Runs until the returned function is called, and then once more. */
    watch(): () => Promise<void> {
      void run();
      const timer = everyMs === 0 ? undefined : setInterval(() => void run(), everyMs);
      return async () => {
        clearInterval(timer);
        await running;
        await run();
      };
    },
  };
}

type Line = { head: AuditHead; signed: object | undefined };

/** The last whole line; undefined for a file that is not there or empty. */
async function readLast(path: string): Promise<Line | undefined> {
  const text = (await readTail(path)).split("\n").slice(0, -1).at(-1);
  if (text === undefined) return undefined;
  if (!text.includes('"payloadType"')) return { head: parseAuditHead(text), signed: undefined };
  const { payload } = parseEnvelope(text, "audit-head");
  return { head: parseAuditHead(decodeUtf8(payload)), signed: JSON.parse(text) as object };
}

async function readTail(path: string): Promise<string> {
  try {
    await using handle = await open(path, "r");
    const { size } = await handle.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await handle.read({ buffer: Buffer.alloc(length), position: size - length });
    return buffer.toString("utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw cause;
  }
}

/** On disk when this returns. What a crash left of a line is cut off first. */
async function append(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const tail = await readTail(path);
  await using handle = await open(path, "a", 0o600);
  const torn = Buffer.byteLength(tail) - Buffer.byteLength(tail.slice(0, tail.lastIndexOf("\n") + 1));
  if (torn > 0) await handle.truncate((await handle.stat()).size - torn);
  await handle.appendFile(`${line}\n`);
  await handle.sync();
}
