import { describe, expect, it } from "vitest";
import { RULES_OF_FORM, RULES_OF_TRUST } from "../support/hostile-sections.ts";
import {
  assemble,
  expectRefused,
  idOf,
  load,
  pw1,
  record,
  rfc1,
  set,
  signedParts,
} from "../support/signature-sections.ts";

// The whole module or nothing, rule by rule. The reference library accepts several of these.

describe("hostile signature sections", () => {
  it("are built from parts that are accepted", async () => {
    const { good } = await signedParts();
    expect(Uint8Array.from(good)).toEqual(load("valid/add.k1.simple.wasm"));
  });

  describe.each(Object.entries({ ...RULES_OF_FORM, ...RULES_OF_TRUST }))("%s", (_rule, cases) => {
    it.each(Object.entries(cases))("refuses %s", async (_name, [code, make]) => {
      await expectRefused(Uint8Array.from(await make(await signedParts())), code);
    });
  });

  describe("the threshold counts distinct keys", () => {
    it.each([
      ["one signature twice", ["named", "named"]],
      ["one key's signature with its id and without", ["named", "anonymous"]],
      ["one key's signature under another key's id as well", ["named", "misnamed"]],
    ])("refuses %s for two", async (_name, kinds) => {
      const { hash, id, signature, body } = await signedParts();
      const ids: Record<string, ArrayLike<number>> = { named: id, anonymous: [], misnamed: await idOf(rfc1) };
      const records = kinds.map((kind) => record(ids[kind]!, signature));
      const code = kinds.includes("misnamed") ? "SIGNATURE_INVALID" : "SIGNATURE_THRESHOLD";
      await expectRefused(Uint8Array.from(assemble([set([hash], records)], body)), code, [pw1, rfc1], 2);
    });

    it("refuses one signer for two, though the list of keys names it twice", async () => {
      await expectRefused(load("valid/add.k1.simple.wasm"), "SIGNATURE_THRESHOLD", [pw1, pw1], 2);
    });
  });
});
