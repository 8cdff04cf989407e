import { HaggleError } from "@haggle/abi";
import { nearNames } from "../../platform/near-names.ts";

type Kind = "text" | "integer" | "boolean" | "list";

/** `path` as in a row of JSON, a price's by its currency: `["prices", "EUR", "unitCost"]`. */
export type Column = { name: string; path: readonly string[]; kind: Kind };

const PLAIN: Readonly<Record<string, Column>> = Object.fromEntries(
  (
    [
      ["sku", "text"],
      ["productId", "text"],
      ["name", "text"],
      ["weightGrams", "integer"],
      ["taxClass", "text"],
      ["product.name", "text"],
      ["product.categories", "list"],
      ["product.taxClass", "text"],
    ] as const
  ).map(([name, kind]) => [name, { name, kind, path: name.split(".") }]),
);
const PRICE = /^(unitPrice|unitCost|minUnitPrice)\.([A-Z]{3})$/;
const ATTRIBUTE = /^(product\.)?attribute\.(.+?)(?::(integer|boolean))?$/;
const MAX_COLUMNS = 500;

/** What the first line of a file says of the others. @throws HaggleError CATALOG_BAD_FILE with the column */
export function readColumns(names: readonly string[]): Column[] {
  if (names.length > MAX_COLUMNS) throw bad(`More than ${MAX_COLUMNS} columns`, "");
  const columns = names.map((name) => readColumn(name.trim()));
  const seen = new Set<string>();
  for (const { name, path } of columns) {
    const key = path.join("\n");
    if (seen.has(key)) throw bad("There are two columns of it", name);
    seen.add(key);
  }
  for (const name of ["sku", "productId"]) {
    if (!seen.has(name)) throw bad("This column is missing", name);
  }
  return columns;
}

function readColumn(name: string): Column {
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (plain !== undefined) return plain;
  const price = PRICE.exec(name);
  if (price !== null) return { name, path: ["prices", price[2]!, price[1]!], kind: "integer" };
  const attribute = ATTRIBUTE.exec(name);
  if (attribute !== null) {
    const [, ofProduct, key, kind = "text"] = attribute;
    const path = [...(ofProduct ? ["product"] : []), "attributes", key!];
    return { name, path, kind: kind as Kind };
  }
  const [near] = nearNames(name, Object.keys(PLAIN));
  throw bad(`There is no such column${near === undefined ? "" : `; meant is perhaps ${near}`}`, name);
}

function bad(message: string, name: string): HaggleError {
  return new HaggleError("CATALOG_BAD_FILE", message, { at: 1, value: name });
}
