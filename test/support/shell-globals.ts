// Imported before all else by what runs in JavaScriptCore's shell: what every browser has and a bare engine has not.

declare const print: (line: string) => void;
declare const readline: () => string;

export type Question =
  | { ask: "digest"; bytes: string }
  | { ask: "hmac"; key: string; message: string }
  | { ask: "verify"; key: string; signature: string; message: string };

class Utf8Encoder {
  encode(text: string): Uint8Array<ArrayBuffer> {
    const binary = encodeURIComponent(text).replace(/%(..)/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  }
}

/** The fatal one that leaves a BOM, which is the only one that is used. */
class Utf8Decoder {
  decode(bytes: Uint8Array): string {
    let escaped = "";
    for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
    return decodeURIComponent(escaped);
  }
}

/** By the Node that started the shell: it verifies, and nothing is taken on trust. */
const subtle = {
  digest: async (_: string, bytes: Uint8Array) =>
    bytesOf(ask({ ask: "digest", bytes: base64(bytes) })).buffer,
  sign: async (_: string, key: Uint8Array, message: Uint8Array) =>
    bytesOf(ask({ ask: "hmac", key: base64(key), message: base64(message) })).buffer,
  importKey: async (_: string, key: Uint8Array) => key,
  verify: async (_: string, key: Uint8Array, signature: Uint8Array, message: Uint8Array) =>
    ask({ ask: "verify", key: base64(key), signature: base64(signature), message: base64(message) }) ===
    "true",
};

function ask(question: Question): string {
  print(JSON.stringify(question));
  return readline();
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

Object.assign(globalThis, { TextEncoder: Utf8Encoder, TextDecoder: Utf8Decoder, crypto: { subtle } });
