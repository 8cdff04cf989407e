// The cases beside a rule, as JSON says them: carts and what they must come to.

import { HaggleError, type Policy, type Promotion, parsePromotions, type RuleMetadata } from "@haggle/abi";
import { RULE_SUFFIX } from "../project.ts";
import { expandVariants } from "../project-files/variants.ts";
import { checkCartFields } from "./cart-fields.ts";

/** One case of a file. */
export type Case = {
  name: string;
  cart: unknown;
  /** A part of the decision's JSON: objects may leave fields out, arrays are compared whole. */
  expect: unknown;
  /** What runs; every rule of the file (of the folder, for `cases.json`) with its defaults when left out. */
  promotions?: Promotion[];
  /** Instead of the defaults, for the only rule that the cases belong to. */
  parameters?: Record<string, unknown>;
  /** What differs from the project's policy. */
  policy?: Partial<Policy>;
  /** The variants that the cart's customer is in, by experiment. */
  experiments?: Record<string, string>;
};

/** The cases of one file. `file` is project-relative, with forward slashes. */
export type CaseFile = { file: string; cases: readonly Case[] };

const CASES_SUFFIX = ".cases.json";
const FOLDER_CASES = "cases.json";
const RULES_FOLDER = "rules/";

/** Whether a file of a project holds cases. `file` is project-relative, with forward slashes. */
export function holdsCases(file: string): boolean {
  return file.startsWith(RULES_FOLDER) && (baseOf(file) === FOLDER_CASES || file.endsWith(CASES_SUFFIX));
}

/** Where the cases of one rule stand: `a.cases.json` beside `a.rule.ts`. */
export function caseFileOf(rule: Pick<RuleMetadata, "file">): string {
  return rule.file.slice(0, -RULE_SUFFIX.length) + CASES_SUFFIX;
}

/** `a.cases.json` belongs to `a.rule.ts`, `cases.json` to every rule of its folder. */
export function belongsTo(rule: Pick<RuleMetadata, "file">, file: string): boolean {
  if (folderOf(rule.file) !== folderOf(file)) return false;
  return baseOf(file) === FOLDER_CASES || caseFileOf(rule) === file;
}

/**
 * The cases that a file says. `value` is its JSON, `file` what errors call it.
 *
 * @throws HaggleError CLI_CASES for what are no cases, CART_UNKNOWN_FIELD for a cart in them
 */
export function parseCases(value: unknown, file: string): Case[] {
  if (!Array.isArray(value)) throw refuse("Cases are an array", file, value);
  return value.map((entry: unknown, index) => {
    const at = `${file}[${index}]`;
    if (typeof entry !== "object" || entry === null) throw refuse("A case is an object", at, entry);
    const { name, cart, expect, ...rest } = entry as Record<string, unknown>;
    const unknown = Object.keys(rest).find((key) => !OPTIONS.includes(key));
    if (unknown !== undefined)
      throw refuse(`A case has name, cart, expect, ${OPTIONS.join(", ")}`, at, unknown);
    if (typeof name !== "string" || name === "") throw refuse("A case needs a name", at, name);
    if (cart === undefined || expect === undefined)
      throw refuse("A case needs a cart and what to expect", at, name);
    checkCartFields(cart, `${at}.cart`);
    const { promotions, parameters, policy, experiments } = rest;
    if (promotions !== undefined && parameters !== undefined)
      throw refuse("A case states promotions or parameters", at, name);
    return {
      name,
      cart,
      expect,
      ...(promotions === undefined
        ? {}
        : { promotions: parsePromotions(withSiblings(promotions), `${at}.promotions`) }),
      ...(parameters === undefined ? {} : { parameters: getObject(parameters, `${at}.parameters`) }),
      ...(policy === undefined ? {} : { policy: getObject(policy, `${at}.policy`) }),
      ...(experiments === undefined ? {} : { experiments: getVariants(experiments, `${at}.experiments`) }),
    };
  });
}

const OPTIONS = ["promotions", "parameters", "policy", "experiments"];

function withSiblings(promotions: unknown): unknown {
  if (!Array.isArray(promotions)) return promotions;
  return promotions.flatMap((each) => expandVariants(each).map(({ value }) => value));
}

function getVariants(value: unknown, at: string): Record<string, string> {
  const variants = getObject(value, at);
  const wrong = Object.entries(variants).find(([, variant]) => typeof variant !== "string");
  if (wrong !== undefined) throw refuse("A variant is text", `${at}.${wrong[0]}`, wrong[1]);
  return variants as Record<string, string>;
}

function getObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refuse("These are an object", at, value);
}

function refuse(message: string, at: string, value: unknown): HaggleError {
  return new HaggleError("CLI_CASES", message, { at, value });
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

function baseOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}
