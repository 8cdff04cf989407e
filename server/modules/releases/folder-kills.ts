import { type Channel, HaggleError, parseChannel, parseEnvelope } from "@haggle/abi";

type Off = Channel["off"];

/**
 * Guards what was switched off in the registry against documents of the folder that know nothing of it. Whoever writes a
 * channel document there goes on from the one that he finds: what the folder never had, he did not mean to switch on.
 */
export function createFolderKills() {
  let known: Off | undefined;
  const refused = new WeakSet<HaggleError>();

  return {
    /** The folder has this document, which the registry had too. */
    see(channel: Uint8Array): void {
      known = findOff(channel) ?? known;
    },
    /** @throws HaggleError DOCUMENT_ROLLBACK for a new document of the folder that would undo what it never had */
    check(written: Uint8Array, head: Uint8Array): void {
      const [next, registered] = [findOff(written), findOff(head)];
      // What is no channel document is refused by those who verify it.
      if (known === undefined || next === undefined || registered === undefined) return;
      for (const list of ["promotions", "rules", "releases"] as const) {
        const undone = registered[list].find(
          (name) => !next[list].includes(name) && !known![list].includes(name),
        );
        if (undone === undefined) continue;
        const error = undoes(list, undone);
        refused.add(error);
        throw error;
      }
    },
    /** Whether it is one of those. */
    hasRefused: (error: unknown): boolean => error instanceof HaggleError && refused.has(error),
  };
}

function undoes(list: keyof Off, value: string): HaggleError {
  const message = "It would undo a kill that its author cannot have known of; publish again";
  return new HaggleError("DOCUMENT_ROLLBACK", message, { at: `channel.off.${list}`, value });
}

function findOff(channel: Uint8Array): Off | undefined {
  try {
    return parseChannel(parseEnvelope(channel, "channel").payload).off;
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}
