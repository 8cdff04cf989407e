// What signs, without the compiler: that takes a second to load, and a signer has no use for it.

export { signBundle } from "./sign.ts";
export { CHANNEL_LIFE_MS } from "./signed-documents.ts";
