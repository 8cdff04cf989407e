import type { TestServer } from "./server.ts";

/** An answer, and the error's code and place when it is one. */
export type Answer = { status: number; code?: string; at?: string; body: Record<string, unknown> };

export type Api = ReturnType<typeof createApi>;

/** Sends bodies as they are, with one API key. */
export function createApi({ url }: Pick<TestServer, "url">, key: string) {
  async function send(
    method: string,
    path: string,
    body: Uint8Array | object | string,
    type = "application/json",
  ): Promise<Answer> {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": type },
      body: isRaw ? (body as BodyInit) : JSON.stringify(body),
    });
    const told = (await response.json()) as Record<string, unknown> & {
      error?: { code: string; at?: string };
    };
    return { status: response.status, body: told, ...told.error };
  }

  return {
    send,
    putBundle: (sha256: string, bytes: Uint8Array) =>
      send("PUT", `/v1/bundles/${sha256}`, bytes, "application/wasm"),
    postRelease: (bytes: Uint8Array | string) => send("POST", "/v1/releases", bytes),
    point: (channel: string, body: object) => send("PUT", `/v1/channels/${channel}/release`, body),
  };
}
