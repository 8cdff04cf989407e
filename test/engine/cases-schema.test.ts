import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findFaults, findUnknownFields, type Schema } from "@haggle/abi";
import { casesSchema, parseCases } from "@haggle/toolchain/cases";
import { expect, it } from "vitest";

// The schema of cases that editors get, against the cases that there are and the fields that an engine reads.

const REPO = join(import.meta.dirname, "../..");
const schema = casesSchema();
const cart = schema.items!.properties!.cart!;

it("accepts every file of cases of the library, and of the template", async () => {
  const files = [];
  for await (const file of glob("{rules,engine/cli/templates}/**/{cases,*.cases}.json", { cwd: REPO }))
    files.push(file);
  expect(files.length).toBeGreaterThan(40);
  for (const file of files) {
    const value: unknown = JSON.parse(await readFile(join(REPO, file), "utf8"));
    expect({ file, faults: findFaults(value, schema, schema) }).toEqual({ file, faults: [] });
    expect(parseCases(value, file).length).toBeGreaterThan(0);
  }
});

it("knows the fields of a cart, and no others", () => {
  const one = (of: Schema) => Object.fromEntries(Object.keys(of.properties!).map((name) => [name, 1]));
  const { lines, shipping, customer } = cart.properties!;
  const whole = {
    ...one(cart),
    lines: [one(lines!.items!)],
    shipping: [one(shipping!.items!)],
    customer: one(customer!),
  };
  expect(findUnknownFields(whole)).toEqual([]);
  expect(findFaults({ ...whole, curency: "EUR" }, cart, cart)).toContainEqual(
    expect.objectContaining({ keyword: "unknown", property: "curency" }),
  );
});

it("says what a case lacks, and what is no part of one", () => {
  const faults = findFaults([{ nam: "x", cart: {} }], schema, schema).map((fault) =>
    "property" in fault ? `${fault.keyword} ${fault.property}` : fault.keyword,
  );
  expect(faults).toContain("unknown nam");
  expect(faults).toContain("missing name");
  expect(faults).toContain("missing expect");
});
