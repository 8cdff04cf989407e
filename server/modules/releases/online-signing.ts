import { type Channel, type Experiments, HaggleError, type Prices, type Receipt, refuse } from "@haggle/abi";
import type { TrustedRoot } from "@haggle/sdk";
import { type SignedDocument, type Signer, signDocument } from "@haggle/sdk/sign";
import type { OnlineKeys } from "../../platform/online-keys.ts";

/** The role whose key signs a document of each kind. */
const ROLES = { channel: "channel", experiments: "channel", prices: "prices", receipt: "receipt" } as const;

type OnlineRole = "channel" | "prices" | "receipt";

/** Signs what a server may sign alone, with the key of the document's role. */
export function createOnlineSigning(keys: OnlineKeys) {
  function getSigner(role: OnlineRole, trusted: TrustedRoot): Signer {
    const { threshold } = trusted.root.roles[role];
    if (threshold > 1) {
      const message = "Several keys sign this role together, so no server can do it alone";
      throw new HaggleError("SERVER_KEY_MISSING", message, { at: `root.roles.${role}`, value: threshold });
    }
    const signer = keys.find(role, trusted);
    if (signer !== undefined) return signer;
    const state = keys.stateOf(role, trusted);
    const code = state === "unusable" ? "SERVER_KEY_UNUSABLE" : "SERVER_KEY_MISSING";
    throw refuse(state === "notInRoot" ? "SERVER_KEY_NOT_IN_ROOT" : code, role);
  }

  /** @throws HaggleError SERVER_KEY_MISSING, SERVER_KEY_UNUSABLE, SERVER_KEY_NOT_IN_ROOT, DOCUMENT_* */
  return async (
    document: Channel | Experiments | Prices | Receipt,
    trusted: TrustedRoot,
  ): Promise<SignedDocument> => {
    const role = ROLES[document.type as keyof typeof ROLES];
    const signer = getSigner(role, trusted);
    return signDocument(document, [signer]).catch((cause: unknown) => {
      keys.fail(role, cause);
      throw cause;
    });
  };
}
