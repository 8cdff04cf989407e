import { HaggleError } from "@haggle/abi";
import { fileStore } from "@haggle/sdk/node";
import type { TrustState } from "@haggle/sdk/trust";
import { asFailure } from "./refusals.ts";

type Options = {
  stateFile: string;
  /** A production server trusts nobody anew because its file is damaged. */
  production: boolean;
  /** Told when something cannot be written, once until it can. */
  complain: (error: HaggleError) => void;
};

/** What a follower has accepted, over restarts: in a file that may come a moment later than what it says. */
export function createStateMemory({ stateFile, production, complain }: Options) {
  const file = fileStore(stateFile);
  /** What counts and could not be written, and why. */
  let unsaved: { state: TrustState; error: HaggleError } | undefined;
  /** What counts by the registry alone, and is written next. */
  let due: TrustState | undefined;
  /** What this process has last read or written. */
  let saved: TrustState | undefined;

  /**
   * The first root that was trusted here. A state that cannot be read now is not a lost one. A lost one is begun anew on a
   * laptop; in production whoever writes the folder would thereby become whom we trust, so that takes an operator.
   */
  async function loadFirstRoot(): Promise<Uint8Array | undefined> {
    try {
      return (await file.load())?.roots[0];
    } catch (cause) {
      if (!(cause instanceof HaggleError && cause.code === "CLIENT_STATE_DAMAGED")) throw cause;
      if (production) throw lostRoot(stateFile, cause);
      return undefined;
    }
  }

  /** What is known, or with `rereads` what the file says: somebody else may have put it there. */
  async function load({ rereads }: { rereads: boolean }): Promise<TrustState | undefined> {
    const known = due ?? unsaved?.state ?? (rereads ? undefined : saved);
    if (known !== undefined) return known;
    saved = await file.load();
    return saved;
  }

  /** With `isNeeded` what cannot be written is refused; else it counts, and is written as soon as it can be. */
  async function save(state: TrustState, { isNeeded }: { isNeeded: boolean }): Promise<void> {
    try {
      await file.save(state);
      saved = state;
      unsaved = undefined;
    } catch (cause) {
      if (isNeeded) throw cause;
      const error = asFailure(cause);
      if (unsaved === undefined) complain(error);
      unsaved = { state, error };
    }
  }

  return {
    loadFirstRoot,
    load,
    save,
    saveLater(state: TrustState): void {
      due = state;
    },
    /** Writes what was left for later. Never rejects. */
    async settle(): Promise<void> {
      const state = due;
      due = undefined;
      if (state !== undefined) await save(state, { isNeeded: false });
    },
    /** Writes what could not be written. Never rejects. */
    async retry(): Promise<void> {
      if (unsaved !== undefined) await save(unsaved.state, { isNeeded: false });
    },
    findFailure: (): HaggleError | undefined => unsaved?.error,
  };
}

function lostRoot(path: string, cause: HaggleError): HaggleError {
  const message =
    "The state that remembers whom to trust is damaged; set HAGGLE_ROOT, or delete the file to trust the folder's root anew";
  return new HaggleError("CLIENT_STATE_DAMAGED", message, { at: path, cause });
}
