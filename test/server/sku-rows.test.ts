import { expect, it } from "vitest";
import { parseRows } from "../../server/modules/pricing/rows.ts";

it("rows behind the last one that may be are not even read", () => {
  const tooMany = `${"{}\n".repeat(100_001)}no JSON`;
  expect(() => parseRows(tooMany, true)).toThrowError(expect.objectContaining({ code: "SKU_TOO_MANY" }));
});

it("lines may be empty, and the last one may have no end", () => {
  const row = { sku: "a", currency: "EUR", listPrice: 1 };
  const text = `\n${JSON.stringify(row)}\r\n\n${JSON.stringify({ ...row, sku: "b" })}`;
  expect(parseRows(text, true)).toEqual([row, { ...row, sku: "b" }]);
  expect(parseRows("", true)).toEqual([]);
});
