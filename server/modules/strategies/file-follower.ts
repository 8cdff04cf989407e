import {
  explainError,
  HaggleError,
  isWholeStrategies,
  type RuleMetadata,
  strategyVersionOf,
} from "@haggle/abi";
import type { Logger } from "pino";
import { SYSTEM_ACTOR } from "../../platform/scope.ts";
import { readFolder, STRATEGIES_FILE, watchStrategies } from "./folder.ts";
import type { Fault, Reading } from "./read.ts";
import { READ_AT_ONCE_CHARACTERS } from "./reader.ts";
import { digestOf, type NewVersion, type Offered, type Versions } from "./versions.ts";

/** Why the file that lies in the folder is not in force. */
export type Refusal = { digest?: string; version?: string; faults: readonly Fault[] };

type Dependencies = {
  folder: string;
  versions: Pick<Versions, "offer" | "tellRefused">;
  /** Of the releases that are live; nothing while there is none. */
  findRules: () => readonly RuleMetadata[] | undefined;
  /** Everything that is wrong with a text, for rules. */
  readText: (text: string, rules: readonly RuleMetadata[] | undefined) => Promise<Reading>;
  /** One task after another. */
  run: (task: () => Promise<void>) => void;
  /** Brings this process up to date with what it has just stored. */
  settle: (version: NewVersion, offered: Offered) => Promise<void>;
  count: (outcome: "accepted" | "refused") => void;
  log: Logger;
};

/** Who saves in place is given so long to come to the end. */
const TORN_MS = 2_000;

/**
 * Follows the file of strategies in a folder. A version that is whole and sound is stored and comes into force; on any
 * other nothing changes, and it is told what is wrong, once.
 */
export function createFileFollower(dependencies: Dependencies) {
  const { folder, versions, findRules, readText, run, settle, count, log } = dependencies;
  let isForeseeing = false;
  /** What was taken last. */
  let done: { digest: string; version: string } | undefined;
  let torn: { digest: string; timer: NodeJS.Timeout } | undefined;
  let refusal: Refusal | undefined;
  let foreseen: { text: string; rules: readonly RuleMetadata[] | undefined; reading: Reading } | undefined;

  /** The same text for the same rules is read once. */
  async function read(text: string): Promise<Reading> {
    const rules = findRules();
    if (foreseen?.text === text && foreseen.rules === rules) return foreseen.reading;
    const reading = await readText(text, rules);
    foreseen = { text, rules, reading };
    return reading;
  }

  /**
   * A file that says itself that it is whole, and is right, need not wait for quiet. What is wrong may be half of a change
   * that goes on, and what is large is read once.
   */
  async function foresee(): Promise<void> {
    isForeseeing = false;
    const text = await readFolder(folder).catch(() => "");
    if (text.length > READ_AT_ONCE_CHARACTERS || !isWholeStrategies(text)) return;
    if (findRules() !== undefined && (await read(text)).file !== undefined) await look();
  }

  /** `isLast`: what is still torn was not waited for in vain. Never rejects. */
  async function look(isLast = false): Promise<void> {
    let digest: string | undefined;
    try {
      const text = await readFolder(folder);
      digest = digestOf(text);
      if (findRules() === undefined) throw new HaggleError("SERVER_NO_RELEASE", "No release to price by yet");
      if (digest === done?.digest) {
        stopWaiting();
        refusal = undefined;
        return;
      }
      if (!isWholeStrategies(text) && !isLast && refusal?.digest !== digest) return wait(digest);
      stopWaiting();
      const { file, faults } = await read(text);
      if (file === undefined) return await refuse({ digest, ...versionIn(text), faults });
      for (const fault of faults) log.warn({ fault }, "strategies are odd");
      const version = { text, digest, file };
      const offered = await versions.offer(version, { actor: SYSTEM_ACTOR, reason: STRATEGIES_FILE });
      count("accepted");
      if (refusal !== undefined) log.info({ version: file.version }, "the file of strategies is right again");
      [done, refusal] = [{ digest, version: file.version }, undefined];
      await settle(version, offered);
    } catch (cause) {
      await fail(cause, digest);
    }
  }

  function wait(digest: string): void {
    if (torn?.digest === digest) return;
    stopWaiting();
    torn = { digest, timer: setTimeout(() => run(() => look(true)), TORN_MS) };
  }

  function stopWaiting(): void {
    clearTimeout(torn?.timer);
    torn = undefined;
  }

  async function fail(cause: unknown, digest: string | undefined): Promise<void> {
    if (!(cause instanceof HaggleError)) throw cause;
    const { code, at, value } = cause;
    const fault: Fault = {
      severity: "error",
      code,
      message: explainError(cause),
      line: 1,
      column: 1,
      ...(at !== undefined && { at: String(at) }),
      ...(typeof value === "string" && { value }),
    };
    await refuse({ ...(digest !== undefined && { digest }), faults: [fault] });
  }

  /** Tells what was not told before: here at once, to subscribers once for all processes. */
  async function refuse(next: Refusal): Promise<void> {
    const [before, [first]] = [refusal, next.faults];
    refusal = next;
    if (before?.digest === next.digest && before?.faults[0]?.code === first!.code) return;
    const { code, at, line, column, message } = first!;
    log.warn({ code, at, line, column, message, faults: next.faults.length }, "strategies refused");
    count("refused");
    // What is no fault of the file has no place in events about it.
    if (next.digest === undefined || !/^(STRATEGY|PROMOTION)_/.test(code)) return;
    await versions
      .tellRefused(next.digest, {
        ...(next.version && { version: next.version }),
        code,
        ...(at !== undefined && { at }),
      })
      .catch((error: unknown) => log.warn({ err: error }, "a refusal could not be told"));
  }

  return {
    look,
    findRefusal: (): Refusal | undefined => refusal,
    /** Whether everything depends on what is not in the file: another release may make it right. */
    async lookAgain(): Promise<void> {
      if (refusal !== undefined) await look(true);
    },
    /** Of the file that was taken last. */
    findTaken: (): string | undefined => done?.version,
    /** Returns what ends it. */
    async watch(): Promise<() => Promise<void>> {
      const stop = await watchStrategies({
        folder,
        foresee: () => {
          if (!isForeseeing) run(foresee);
          isForeseeing = true;
        },
        look: () => run(() => look()),
        log,
      });
      return async () => {
        stopWaiting();
        await stop();
      };
    },
  };
}

function versionIn(text: string): { version?: string } {
  const version = strategyVersionOf(text);
  return version === undefined ? {} : { version };
}
