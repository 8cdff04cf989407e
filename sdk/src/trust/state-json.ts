import { decodeBase64, encodeBase64, encodeUtf8, HaggleError, parseJson } from "@haggle/abi";
import { damaged, readState, type TrustState } from "./state.ts";

// A stored state as a file: JSON with base64 inside, so that a person can look at it.

const FORMAT = 1;

export function encodeState({
  roots,
  channel,
  release,
  bundle,
  prices,
}: TrustState): Uint8Array<ArrayBuffer> {
  const json = {
    format: FORMAT,
    roots: roots.map(encodeBase64),
    channel: encodeBase64(channel),
    release: encodeBase64(release),
    bundle: encodeBase64(bundle),
    ...(prices && { prices: encodeBase64(prices) }),
  };
  return encodeUtf8(`${JSON.stringify(json)}\n`);
}

/** @throws HaggleError CLIENT_STATE_DAMAGED */
export function parseState(bytes: Uint8Array): TrustState {
  try {
    const { format, ...fields } = Object(parseJson(bytes, "state")) as Record<string, unknown>;
    if (format !== FORMAT) throw damaged("state.format", format);
    return readState(fields, (value, at) =>
      typeof value === "string" ? decodeBase64(value, at) : undefined,
    );
  } catch (cause) {
    if (!(cause instanceof HaggleError) || cause.code === "CLIENT_STATE_DAMAGED") throw cause;
    throw damaged(cause.at, cause.value, cause);
  }
}
