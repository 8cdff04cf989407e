import type { Live, ReleaseSource } from "@haggle/sdk/trust";
import type { Logger } from "pino";
import type { Glance } from "./folder.ts";
import { mirror } from "./mirror.ts";
import { NOTHING, type Unknown } from "./source.ts";

/** What the folder has, and what of it the registry has never had. */
export type Seen = { glance: Glance; unknown: Unknown };

type Options = { folder: string; channel: string; find: ReleaseSource; log: Logger };

/** Brings a release folder up to date. One that cannot be written is told once, until it can. */
export function createFolderCopy({ folder, channel, find, log }: Options) {
  let isLate = false;

  /** Resolves with whether anything was written. A folder that cannot be written is no reason to refuse what is right. */
  return async (
    files: Pick<Live["files"], "root" | "channel" | "prices">,
    roots: ReadonlyMap<number, Uint8Array>,
    { glance, unknown }: Partial<Seen> = {},
  ): Promise<boolean> => {
    try {
      const isWritten = await mirror({ folder, files, roots, glance, unknown: unknown ?? NOTHING, find });
      isLate = false;
      return isWritten;
    } catch (cause) {
      if (!isLate) log.warn({ err: cause, channel }, "the release folder cannot be brought up to date");
      isLate = true;
      return false;
    }
  };
}
