import { hash } from "node:crypto";
import { HaggleError, parseEnvelope, parseRoot } from "@haggle/abi";

/** What stays as it is under its name. */
export type Named =
  | { kind: "bundle"; sha256: string }
  | { kind: "release"; sha256: string }
  | { kind: "root"; version: number };

/** Whether bytes are what their name says: of this digest, or a root of this version. Who signed them is for others to ask. */
export function isWhole(named: Named, bytes: Uint8Array): boolean {
  try {
    switch (named.kind) {
      case "bundle":
        return hash("sha256", bytes) === named.sha256;
      case "release":
        return hash("sha256", parseEnvelope(bytes, "release").payload) === named.sha256;
      case "root":
        return parseRoot(parseEnvelope(bytes, "root").payload).version === named.version;
    }
  } catch (cause) {
    if (cause instanceof HaggleError) return false;
    throw cause;
  }
}
