import { CODES, errorText, explainError, HaggleError, refuse } from "@haggle/abi";
import { describe, expect, it } from "vitest";

describe("the sentences of the codes", () => {
  it.each(CODES)("%s has one that a place and a value can follow", (code) => {
    expect(errorText(code)).toMatch(/^[A-Z].*[^.\s]$/);
  });

  it("stand before the place and the value, instead of the code", () => {
    const error = refuse("CART_NOT_INTEGER", "lines[0].quantity", 1.5);
    expect(error.message).toBe("CART_NOT_INTEGER at lines[0].quantity, got 1.5");
    expect(explainError(error)).toBe(
      "An integer is needed; amounts are in minor units at lines[0].quantity, got 1.5",
    );
  });

  it("leave alone a message that an error brought with it", () => {
    expect(explainError(new HaggleError("CLI_USAGE", "verify needs --key FILE"))).toBe(
      "verify needs --key FILE",
    );
  });

  it.each<[unknown, string]>([
    ["a\n".repeat(100), `"${"a\\n".repeat(40)}…"`],
    [[1, 2], "an array"],
    [{ toString: () => "hostile" }, "an object"],
    [() => "hostile", "a function"],
    [null, "null"],
    [-0.5, "-0.5"],
    [12n, "12"],
  ])("show a value without running its code: %o", (value, shown) => {
    expect(refuse("CART_WRONG_TYPE", "id", value).message).toBe(`CART_WRONG_TYPE at id, got ${shown}`);
  });
});
