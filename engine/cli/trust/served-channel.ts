// The channel document that a folder serves, for the next one to go on from.

import { join } from "node:path";
import { type Channel, explainError, HaggleError, parseEnvelope } from "@haggle/abi";
import { signersOf, type TrustedRoot, verifyChannel, verifySignatures } from "@haggle/sdk";
import { type ChainedRoot, verifyNextRoot } from "@haggle/sdk/trust";
import { findFile } from "../files.ts";
import { explaining } from "./refusals.ts";
import { readRoot } from "./root-file.ts";

export type ServedChannel = { channel: Channel; bytes: Uint8Array };

/**
 * The channel that `folder` serves, undefined when it has none. Whoever signs the next one vouches for what it takes
 * over from this one, so it must hold by `root`, the folder's own or the one that is about to be; or, when the online key
 * has just changed, by the root before. It may have expired: what was switched off stays so.
 *
 * @throws HaggleError CLI_FILE, DOCUMENT_* with the file; for a torn one too
 */
export async function findServedChannel(
  folder: string,
  name: string,
  root: ChainedRoot,
): Promise<ServedChannel | undefined> {
  const path = join(folder, "channels", `${name}.json`);
  const bytes = await findFile(path);
  if (bytes === undefined) return undefined;
  try {
    return { channel: await verifyByEither(bytes, { folder, name, root }), bytes };
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    const message = `${explainError(cause)} in the channel that is served; release publish --new-channel drops it and what it switches off`;
    throw new HaggleError(cause.code, message, { at: path, cause });
  }
}

async function verifyByEither(
  bytes: Uint8Array,
  { folder, name, root }: { folder: string; name: string; root: ChainedRoot },
): Promise<Channel> {
  const { trusted } = root;
  const verify = () => verifyChannel(bytes, trusted, { channel: name });
  try {
    return (await explaining({ type: "channel", bytes, by: trusted }, verify)).channel;
  } catch (cause) {
    // Only what other keys have signed may be from before the rotation.
    if (!(cause instanceof HaggleError) || cause.code !== "DOCUMENT_THRESHOLD") throw cause;
    const previous = await findPreviousRoot(folder, root);
    if (previous === undefined) throw cause;
    return (await verifyChannel(bytes, previous, { channel: name })).channel;
  }
}

/** The root before `root`, undefined when the folder has none that can be trusted. */
async function findPreviousRoot(
  folder: string,
  { trusted, bytes }: ChainedRoot,
): Promise<TrustedRoot | undefined> {
  const path = join(folder, "roots", `${trusted.root.version - 1}.json`);
  if ((await findFile(path)) === undefined) return undefined;
  try {
    const previous = await readRoot(path);
    await verifyNextRoot(bytes, previous);
    // That a root is followed by this one makes it none of ours: anybody can write one that lists our keys beside his,
    // signed by his alone. So one of those who now are the root role must have signed it.
    const { keys } = signersOf(trusted, "root");
    await verifySignatures(parseEnvelope(previous.bytes, "root"), { keys, threshold: 1 });
    return previous.trusted;
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    return undefined;
  }
}
