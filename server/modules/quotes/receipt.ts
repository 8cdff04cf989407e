import type { Receipt } from "@haggle/abi";
import { HaggleError, type TrustedRoot } from "@haggle/sdk";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import type { Releases } from "../releases/service.ts";

type Dependencies = {
  releases: Pick<Releases, "sign" | "findTrusted">;
  keys: Pick<OnlineKeys, "find">;
  /** Of the rows, where the root says none. */
  tenant: string;
};

/** Signs what the shop stands by, so that whoever was quoted can show it to others. */
export function createReceipts({ releases, keys, tenant }: Dependencies) {
  let isRefused = false;
  return {
    /**
     * The DSSE envelope, base64url.
     *
     * @throws HaggleError SERVER_KEY_MISSING, SERVER_KEY_UNUSABLE, SERVER_KEY_NOT_IN_ROOT
     */
    async sign(said: Omit<Receipt, "type" | "tenant">, trusted: TrustedRoot): Promise<string> {
      const receipt: Receipt = { type: "receipt", tenant: trusted.root.tenant ?? tenant, ...said };
      try {
        const { bytes } = await releases.sign(receipt, trusted);
        return Buffer.from(bytes).toString("base64url");
      } catch (cause) {
        isRefused ||= cause instanceof HaggleError && cause.code === "SERVER_KEY_MISSING";
        throw cause;
      }
    },
    /** Whether somebody asked for a quote and got none for want of the key, which is still missing. */
    isKeyMissing(): boolean {
      const trusted = releases.findTrusted();
      return isRefused && trusted !== undefined && keys.find("receipt", trusted) === undefined;
    },
  };
}
