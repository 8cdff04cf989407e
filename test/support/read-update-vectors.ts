import { readFileSync } from "node:fs";
import { encodeUtf8 } from "@haggle/abi";
import type { Blobs, Outcome } from "./run-update-cases.ts";
import type { BlobPart, Counted, UpdateCase, UpdateVectors } from "./update-cases.ts";

const FOLDER = new URL("../vectors/updates/", import.meta.url);

export function readUpdateVectors(): { cases: UpdateCase[]; blobs: Blobs } {
  const cases = JSON.parse(readFileSync(new URL("cases.json", FOLDER), "utf8")) as UpdateVectors["cases"];
  const blobs = JSON.parse(readFileSync(new URL("blobs.json", FOLDER), "utf8")) as UpdateVectors["blobs"];
  return {
    cases,
    blobs: new Map(Object.entries(blobs).map(([digest, parts]) => [digest, joinParts(parts)])),
  };
}

function joinParts(parts: BlobPart[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts.map(bytesOf)));
}

function bytesOf(part: BlobPart): Uint8Array {
  if (typeof part === "string") return encodeUtf8(part);
  if ("base64" in part) return Buffer.from(part.base64, "base64");
  if ("spaces" in part) return encodeUtf8(" ".repeat(part.spaces));
  return readFileSync(new URL(part.file, FOLDER)).subarray(part.from);
}

/** What a case must come to, in every host. */
export function expectedOutcome({ steps, after }: UpdateCase): Outcome {
  let live: Counted | null = null;
  return {
    steps: steps.map(({ restart, expect, live: stated }) => {
      if (restart) live = restart.expect.accepted ?? null;
      if ("accepted" in expect) live = expect.accepted;
      if (stated) live = stated;
      return { ...(restart && { restored: restart.expect }), got: expect, live };
    }),
    stored: after ?? null,
  };
}
