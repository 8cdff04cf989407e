import { encodeBase64, encodeUtf8 } from "@haggle/abi";
import { accepted, type Case, type Content, type Group, refused, treeOf } from "./book.ts";
import {
  channel1,
  channel2,
  channelDocument,
  edited,
  envelopeOf,
  mallory,
  online,
  release1,
  release2,
  signed,
  two,
} from "./world.ts";

const MAX_ENVELOPE_BYTES = 64 * 1024;
const good = { tree: treeOf(channel1, release1), expect: accepted(1, release1) };

/** The first channel document is good; this one follows, and what becomes of it. */
function second(channel: Content, expect: Case["steps"][number]["expect"]): Case {
  return { steps: [good, { tree: treeOf(channel, release2, two), expect }] };
}

const taken = accepted(2, release2);
const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
/** Signed by the right key, whatever it says. */
const says = (fields: object) => signed("channel", { ...channelDocument(2, release2), ...fields }, [online]);
const text2 = JSON.stringify(channelDocument(2, release2));
const envelope2 = await envelopeOf("channel", text2, [online]);
const third = await envelopeOf("channel", channelDocument(3, release2), [online]);

/** Signed by the right key, of a length that base64 fills up. */
const filled = await says({ arms: [{ ...channelDocument(2, release2).arms[0]!, seed: "stable-xxx" }] });

export const envelope: Group = {
  group: "envelope",
  cases: {
    "a document as it should be": second(channel2, taken),
    "white space around the envelope's fields": second(JSON.stringify(envelope2, null, 2), taken),
    "an envelope as large as may be": second(channel2.text.padEnd(MAX_ENVELOPE_BYTES), taken),
    "an envelope of a byte more": second(
      channel2.text.padEnd(MAX_ENVELOPE_BYTES + 1),
      refused("DOCUMENT_TOO_LARGE", "channel"),
    ),
    "an envelope that is empty": second("", refused("DOCUMENT_NOT_JSON", "envelope")),
    "a page instead of an envelope": second(
      "<!doctype html><title>Not found</title>",
      refused("DOCUMENT_NOT_JSON", "envelope"),
    ),
    "an envelope cut short": second(channel2.text.slice(0, -1), refused("DOCUMENT_NOT_JSON", "envelope")),
    "a byte order mark": second(`\uFEFF${channel2.text}`, refused("DOCUMENT_NOT_JSON", "envelope")),
    "ill-formed UTF-8": second(
      Uint8Array.of(...encodeUtf8(channel2.text.slice(0, -1)), 0xc0, 0xaf, 0x7d),
      refused("DOCUMENT_NOT_JSON", "envelope"),
    ),
    "a list instead of an envelope": second("[]", refused("DOCUMENT_BAD_ENVELOPE", "envelope")),
    "nesting without end": second(
      "[".repeat(10_000) + "]".repeat(10_000),
      refused("DOCUMENT_BAD_ENVELOPE", "envelope"),
    ),
    "an unknown field": second(
      edited(channel2, (json) => ({ ...json, version: 9 })),
      refused("DOCUMENT_BAD_ENVELOPE", "envelope"),
    ),
    "a field called __proto__": second(
      channel2.text.replace("{", '{"__proto__":{"payloadType":1},'),
      refused("DOCUMENT_BAD_ENVELOPE", "envelope"),
    ),
    "no payload": second(
      edited(channel2, ({ payload: _, ...json }) => json),
      refused("DOCUMENT_BAD_ENVELOPE", "envelope.payload"),
    ),
    "a payload twice, of which the last counts and is not the signed one": second(
      channel2.text
        .replace("{", `{"payload":"${envelope2.payload}",`)
        .replace(/"payload":"[^"]+","payloadType/, `"payload":"${third.payload}","payloadType`),
      refused("DOCUMENT_BAD_SIGNATURE", "signatures[0]", { alarm: true }),
    ),
    "a payload twice, of which the last counts and is the signed one": second(
      channel2.text.replace("{", `{"payload":"${third.payload}",`),
      taken,
    ),
    "a payload with a line break in its base64": second(
      edited(channel2, (json) => ({ ...json, payload: json.payload.replace(/^.{64}/, "$&\n") })),
      refused("DOCUMENT_BAD_BASE64", "payload"),
    ),
    "a payload without padding": second(
      edited(filled, (json) => ({ ...json, payload: unpadded(json.payload) })),
      refused("DOCUMENT_BAD_BASE64", "payload"),
    ),
    "a payload with left-over bits in its base64": second(
      edited(filled, (json) => ({ ...json, payload: withLooseBits(json.payload) })),
      refused("DOCUMENT_BAD_BASE64", "payload"),
    ),
    "a payload in the alphabet of URLs": second(
      edited(
        await says({ arms: [{ ...channelDocument(2, release2).arms[0]!, seed: "???>>>" }] }),
        (json) => ({
          ...json,
          payload: json.payload.replaceAll("+", "-").replaceAll("/", "_"),
        }),
      ),
      refused("DOCUMENT_BAD_BASE64", "payload"),
    ),
    "a signature of 63 bytes": second(
      edited(channel2, (json) => ({
        ...json,
        signatures: [{ ...json.signatures[0], sig: encodeBase64(bytesOf(json.signatures[0]!.sig).slice(1)) }],
      })),
      refused("DOCUMENT_BAD_ENVELOPE", "envelope.signatures[0].sig"),
    ),
    "a key id in capitals": second(
      edited(channel2, (json) => ({
        ...json,
        signatures: json.signatures.map(({ keyid, sig }) => ({ keyid: keyid.toUpperCase(), sig })),
      })),
      refused("DOCUMENT_BAD_ENVELOPE", "envelope.signatures[0].keyid"),
    ),
    "seventeen signatures": second(
      edited(channel2, (json) => ({ ...json, signatures: Array(17).fill(json.signatures[0]) })),
      refused("DOCUMENT_BAD_ENVELOPE", "envelope.signatures"),
    ),
    "sixteen signatures by one key": second(
      edited(channel2, (json) => ({ ...json, signatures: Array(16).fill(json.signatures[0]) })),
      taken,
    ),
    "a release in the channel's place": second(
      release2,
      refused("DOCUMENT_WRONG_TYPE", "payloadType", { alarm: true }),
    ),
    "a payload type of somebody else": second(
      edited(channel2, (json) => ({ ...json, payloadType: "application/vnd.in-toto+json" })),
      refused("DOCUMENT_WRONG_TYPE", "payloadType", { alarm: true }),
    ),
  },
};

export const payload: Group = {
  group: "payload",
  cases: {
    "an unknown field": second(await says({ channels: [] }), refused("DOCUMENT_UNKNOWN_FIELD", "channel")),
    "a field called __proto__": second(
      await signed("channel", text2.replace("{", '{"__proto__":{"minRelease":0},'), [online]),
      refused("DOCUMENT_UNKNOWN_FIELD", "channel"),
    ),
    "a field left out": second(
      await says({ minRelease: undefined }),
      refused("DOCUMENT_BAD_FIELD", "channel.minRelease"),
    ),
    "a type that its envelope does not say": second(
      await says({ type: "prices" }),
      refused("DOCUMENT_BAD_FIELD", "channel.type"),
    ),
    "a version above what JSON numbers hold": second(
      await signed("channel", text2.replace('"version":2', '"version":9007199254740992'), [online]),
      refused("DOCUMENT_BAD_FIELD", "channel.version"),
    ),
    "a version that is a fraction": second(
      await says({ version: 2.5 }),
      refused("DOCUMENT_BAD_FIELD", "channel.version"),
    ),
    "a version that is text": second(
      await says({ version: "2" }),
      refused("DOCUMENT_BAD_FIELD", "channel.version"),
    ),
    "version zero": second(await says({ version: 0 }), refused("DOCUMENT_BAD_FIELD", "channel.version")),
    "minus zero": second(
      await signed("channel", text2.replace('"minRelease":0', '"minRelease":-0'), [online]),
      refused("DOCUMENT_BAD_FIELD", "channel.minRelease"),
    ),
    "a version twice, of which the last counts": second(
      await signed("channel", text2.replace('"version":2', '"version":1,"version":2'), [online]),
      taken,
    ),
    "a digest in capitals": second(
      await says({ off: { promotions: [], rules: [], releases: ["AB".repeat(32)] } }),
      refused("DOCUMENT_BAD_FIELD", "channel.off.releases[0]"),
    ),
    "nesting without end": second(
      await signed("channel", text2.replace('"arms":[', `"arms":[${"[".repeat(5000)}${"]".repeat(5000)},`), [
        online,
      ]),
      refused("DOCUMENT_BAD_FIELD", "channel.arms[0]"),
    ),
    "a list": second(await signed("channel", "[]", [online]), refused("DOCUMENT_BAD_FIELD", "channel")),
    "no JSON": second(
      await signed("channel", "version: 2", [online]),
      refused("DOCUMENT_NOT_JSON", "channel"),
    ),
    "a byte order mark": second(
      await signed("channel", `\uFEFF${text2}`, [online]),
      refused("DOCUMENT_NOT_JSON", "channel"),
    ),
    "ill-formed UTF-8": second(
      await signed("channel", Uint8Array.of(...encodeUtf8(text2.slice(0, -1)), 0xff, 0x7d), [online]),
      refused("DOCUMENT_NOT_JSON", "channel"),
    ),
    "a wrong field in what nobody known has signed": second(
      await signed("channel", text2.replace('"version":2', '"version":0'), [mallory]),
      refused("DOCUMENT_THRESHOLD", "channel", { alarm: true }),
    ),
  },
};

/** The last group of four letters says the same with other bits behind the last byte. */
function withLooseBits(base64: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const at = unpadded(base64).length - 1;
  if (at === base64.length - 1) throw new Error("this payload has no padding; give it another length");
  return base64.slice(0, at) + digits[digits.indexOf(base64[at]!) + 1] + base64.slice(at + 1);
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, "");
}
