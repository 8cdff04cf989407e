// What may be kept of somebody who buys: ids that mean nothing to others, single words, numbers, truths. What would say who he is
// has no field to be in.

import { refuse, type Schema } from "@haggle/abi";

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** As many as a cart takes. */
const MAX_ATTRIBUTES = 64;

export type Attributes = Record<string, string | number | boolean>;

export const opaqueId = {
  type: "string",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._:~-]{0,99}$",
  maxLength: 100,
  description: "An id that says nothing to others: 1 to 100 letters, digits and . _ : ~ -",
} satisfies Schema;

/** Nobody's name in full, no address and no e-mail is one. */
export const word = {
  type: "string",
  minLength: 1,
  maxLength: 100,
  pattern: "^[^\\s@\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$",
  description: "One word of at most 100 characters, without spaces and @",
} satisfies Schema;

const ATTRIBUTE_NAME = "^[A-Za-z][A-Za-z0-9._-]{0,63}$";

export const attributes: Schema = {
  type: "object",
  propertyNames: {
    type: "string",
    pattern: ATTRIBUTE_NAME,
    description: "A name of letters, digits and . _ -",
  },
  maxProperties: MAX_ATTRIBUTES,
  additionalProperties: {
    oneOf: [word, { type: "integer", minimum: -MAX_SAFE, maximum: MAX_SAFE }, { type: "boolean" }],
  },
};

/** What names of fields are made of that say who somebody is, where he lives, or how he is reached. */
const PERSONAL = new Set(
  (
    "name firstname lastname fullname surname nickname username email mail phone telephone mobile fax address street " +
    "postcode postalcode zip zipcode birth birthday birthdate dob passport ssn iban ip"
  ).split(" "),
);

/**
 * No attribute has a name that promises a person. What is in it is not told again.
 *
 * @throws HaggleError SERVER_PERSONAL_FIELD
 */
export function checkAttributes(attributes: unknown, at: string): void {
  if (typeof attributes !== "object" || attributes === null) return;
  for (const key of Object.keys(attributes)) {
    if (isPersonal(key)) throw refuse("SERVER_PERSONAL_FIELD", `${at}.${key}`);
  }
}

/** Of an attribute that may be kept. */
export function isAttributeName(name: string): boolean {
  return new RegExp(ATTRIBUTE_NAME).test(name) && !isPersonal(name);
}

/** @example isPersonal("invoiceEmail") // true */
function isPersonal(key: string): boolean {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((one) => PERSONAL.has(one)) || PERSONAL.has(words.join(""));
}
