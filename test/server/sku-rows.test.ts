import { expect, it } from "vitest";
import { readLines } from "../../server/modules/pricing/rows.ts";

const MAX_BYTES = 4 * 1024 * 1024;
const row = { sku: "a", currency: "EUR", listPrice: 1 };

/** A body that comes in pieces of so many bytes; tells whether all of it was read. */
function bodyOf(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  const state = { isRead: false };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    state.isRead = true;
  }
  return { state, pieces: pieces() };
}

it("what stands behind a line that is wrong is read to the end all the same", async () => {
  const good = Array.from({ length: 20 }, (_, i) => `${JSON.stringify({ ...row, sku: `s${i}` })}\n`);
  const { state, pieces } = bodyOf(`${good.join("")}no JSON\n${good.join("")}`, 100);
  await expect(readLines(pieces, MAX_BYTES)).rejects.toMatchObject({
    code: "SERVER_NOT_JSON",
    at: "rows[20]",
  });
  expect(state.isRead).toBe(true);
});

it("lines may be cut anywhere, be empty, and the last one may have no end", async () => {
  const lamp = { ...row, sku: "b", name: "Lämpchen 💡" };
  const text = `\n${JSON.stringify(row)}\r\n\n${JSON.stringify(lamp)}`;
  for (const size of [1, 3, 7, 1_000]) {
    expect(await readLines(bodyOf(text, size).pieces, MAX_BYTES)).toEqual([row, lamp]);
  }
  expect(await readLines(bodyOf("", 1).pieces, MAX_BYTES)).toEqual([]);
});

it("a line without an end and a body that is too large end it", async () => {
  const line = bodyOf("x".repeat(3 * 1024 * 1024), 64 * 1024);
  await expect(readLines(line.pieces, MAX_BYTES)).rejects.toMatchObject({
    code: "SERVER_NOT_JSON",
    at: "rows[0]",
  });
  const { pieces } = bodyOf("\n".repeat(MAX_BYTES + 1), 64 * 1024);
  await expect(readLines(pieces, MAX_BYTES)).rejects.toMatchObject({ code: "SERVER_BODY_TOO_LARGE" });
});

it("more than a hundred thousand rows are refused", async () => {
  const lines = Array.from({ length: 100_001 }, (_, i) => JSON.stringify({ ...row, sku: `s${i}` }));
  const { state, pieces } = bodyOf(lines.join("\n"), 64 * 1024);
  await expect(readLines(pieces, 16 * MAX_BYTES)).rejects.toMatchObject({
    code: "SKU_TOO_MANY",
    value: 100_001,
  });
  expect(state.isRead).toBe(true);
});
