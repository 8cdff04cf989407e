// Why a document is refused, as people need to hear it: who is missing, and which document has ended. What verifies runs in
// browsers too and knows codes only.

import { type DocumentType, HaggleError, roleOf } from "@haggle/abi";
import { signersOf, type TrustedRoot } from "@haggle/sdk";
import { showMoment } from "./life.ts";
import { type AnyDocument, parseDocument, type Tally, tallyOf, tallyRoot } from "./signed-file.ts";
import { shortKey } from "./tally-text.ts";

export type Refusable = {
  type: DocumentType;
  bytes: Uint8Array;
  /** Whose keys count. Of a root: the one before it, undefined for the first. */
  by?: TrustedRoot | undefined;
  /** Where the document is from. */
  path?: string | undefined;
};

/** Does `work`, which verifies a document. Where that lacks signatures or has ended, the refusal says so in full. */
export async function explaining<T>(subject: Refusable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    const sentence = await sentenceOf(cause.code, subject);
    if (sentence === undefined) throw cause;
    throw new HaggleError(cause.code, sentence, { at: subject.path, cause });
  }
}

/** "channel stable 12", "release 3". */
function nameOf({ type, document }: AnyDocument): string {
  const channel = "channel" in document ? ` ${document.channel}` : "";
  const version = "version" in document ? ` ${document.version}` : "";
  return `${type}${channel}${version}`;
}

/** "1 of 2 signatures of the role release: ..." */
export function whoSigned(role: string, { signed, open, threshold }: Tally): string {
  const names = (keyids: readonly string[]) => keyids.map(shortKey).join(", ") || "nobody";
  return `${signed.length} of ${threshold} signatures of the role ${role}; signed by ${names(signed)}, could still sign: ${names(open)}`;
}

async function sentenceOf(code: HaggleError["code"], subject: Refusable): Promise<string | undefined> {
  const isShort = code === "DOCUMENT_UNSIGNED" || code === "DOCUMENT_THRESHOLD";
  if (!isShort && code !== "DOCUMENT_EXPIRED" && code !== "DOCUMENT_ISSUED_IN_FUTURE") return undefined;
  try {
    const file = await parseDocument(subject.bytes, subject.path ?? subject.type);
    if (file.type !== subject.type) return undefined;
    const name = `The ${nameOf(file)}`;
    if (isShort) return await shortSentence(name, file, subject);
    const { issued, expires } = file.document;
    if (code === "DOCUMENT_EXPIRED") return `${name} has expired, ${showMoment(expires)}`;
    return `${name} is issued later than now, ${showMoment(issued)}; is this clock right?`;
  } catch (cause) {
    // What cannot be read any further is refused with the code alone.
    if (!(cause instanceof HaggleError)) throw cause;
    return undefined;
  }
}

async function shortSentence(
  name: string,
  file: AnyDocument,
  { by }: Refusable,
): Promise<string | undefined> {
  if (file.type !== "root") {
    return (
      by &&
      `${name} has ${whoSigned(roleOf(file.type), await tallyOf(file.envelope, signersOf(by, roleOf(file.type))))}`
    );
  }
  const { own, old } = await tallyRoot(file, by);
  if (!own.isComplete) return `${name} has, by its own keys, ${whoSigned("root", own)}`;
  return old && `${name} has, by the keys of the root before it, ${whoSigned("root", old)}`;
}
