import { expect, it } from "vitest";
import { readCodes } from "../../server/modules/budgets/read-codes.ts";

// Files of codes as bytes: how they are cut on their way is nothing that a row could show.

async function read(text: string, format: "csv" | "ndjson", pieceBytes: number) {
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const codes = [];
  try {
    for await (const { line, value } of readCodes(pieces(), format)) codes.push([line, value?.code]);
  } catch (cause) {
    const { code, at } = cause as { code: string; at?: number };
    return [...codes, [at, code]];
  }
  return codes;
}

const CUTS = [1, 7, 1_024, 1_000_000];
const LONG = "X".repeat(1_100);

it("rows are the same however a file is cut", async () => {
  const rows = [
    [2, "Ä-1"],
    [4, "B-2"],
  ];
  for (const pieceBytes of CUTS) {
    expect(await read("code,uses\r\nÄ-1,5\r\n\r\nB-2,\r\n", "csv", pieceBytes)).toEqual(rows);
    expect(await read('\n{"code":"Ä-1"}\r\n \n{"code":"B-2"}', "ndjson", pieceBytes)).toEqual(rows);
  }
});

it("a row that is too long ends a file at the same line however it is cut", async () => {
  for (const pieceBytes of CUTS) {
    const lines = await read(`{"code":"A-1"}\n{"code":"${LONG}"}\n{"code":"B-2"}\n`, "ndjson", pieceBytes);
    expect(lines).toEqual([
      [1, "A-1"],
      [2, "COUPON_BAD_FILE"],
    ]);
    expect((await read(`code\nA-1\n${LONG}\nB-2\n`, "csv", pieceBytes)).at(-1)).toEqual([
      3,
      "COUPON_BAD_FILE",
    ]);
  }
});
