// Whether the person trusts the workspace. Until then nothing of it is compiled or run: the worker, which alone does
// either, is given nothing. What only reads, the TypeScript language service and grammars, works as ever.

import { type Connection, Emitter, type Event, type InitializeParams } from "vscode-languageserver";
import { TRUST_GRANTED } from "../shared/protocol.ts";
import type { Worker } from "../worker/caller.ts";

export type Trust = {
  isTrusted(): boolean;
  /** Once, when a workspace becomes trusted that was not. Trust is not taken back without a new start. */
  onGrant: Event<void>;
};

/** What the worker is not asked before there is trust. */
export class Untrusted extends Error {
  override readonly name = "Untrusted";

  constructor() {
    super("Nothing of this workspace is compiled or run before you trust it");
  }
}

/** An editor that knows no trust says nothing of it, and its person has opened the folder on purpose. */
export function createTrust(connection: Connection, initialized: () => InitializeParams): Trust {
  const granted = new Emitter<void>();
  let isGranted = false;
  const isTrusted = () => isGranted || optionsOf(initialized()).trusted !== false;
  connection.onNotification(TRUST_GRANTED, () => {
    if (isTrusted()) return;
    isGranted = true;
    granted.fire();
  });
  return { isTrusted, onGrant: granted.event };
}

/** The same worker, but every call is refused with `Untrusted` while the workspace is not trusted. */
export function guardWorker(worker: Worker, { isTrusted }: Pick<Trust, "isTrusted">): Worker {
  return {
    ...worker,
    call: (kind, argument, options) =>
      isTrusted() ? worker.call(kind, argument, options) : Promise.reject(new Untrusted()),
  };
}

function optionsOf({ initializationOptions }: InitializeParams): { trusted?: unknown } {
  return typeof initializationOptions === "object" && initializationOptions !== null
    ? initializationOptions
    : {};
}
