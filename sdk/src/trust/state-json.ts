import { decodeBase64, encodeBase64, encodeUtf8, HaggleError, parseJson, refuse } from "@haggle/abi";
import type { TrustState } from "./state.ts";

// A stored state as a file: JSON with base64 inside, so that a person can look at it.

const FORMAT = 1;
const FIELDS = ["format", "roots", "channel", "release", "bundle", "prices"];

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
    const json = parseJson(bytes, "state") as Record<string, unknown>;
    const unknown = Object.keys(json).find((key) => !FIELDS.includes(key));
    if (unknown !== undefined) throw damaged("state", unknown);
    if (json.format !== FORMAT) throw damaged("state.format", json.format);
    if (!Array.isArray(json.roots) || json.roots.length === 0) throw damaged("state.roots", json.roots);
    return {
      roots: json.roots.map((root, index) => read(root, `state.roots[${index}]`)),
      channel: read(json.channel, "state.channel"),
      release: read(json.release, "state.release"),
      bundle: read(json.bundle, "state.bundle"),
      ...(json.prices !== undefined && { prices: read(json.prices, "state.prices") }),
    };
  } catch (cause) {
    if (cause instanceof HaggleError && cause.code !== "CLIENT_STATE_DAMAGED") {
      throw refuse("CLIENT_STATE_DAMAGED", cause.at, cause.value, cause);
    }
    throw cause;
  }
}

function read(value: unknown, at: string): Uint8Array {
  if (typeof value !== "string") throw damaged(at, value);
  return decodeBase64(value, at);
}

function damaged(at: string, value: unknown): HaggleError {
  return refuse("CLIENT_STATE_DAMAGED", at, value);
}
