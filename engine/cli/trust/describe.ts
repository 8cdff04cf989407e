// Documents as people read them before they sign, or when something is wrong at night.

import type { Channel, Documents, PriceBound, Release, Root } from "@haggle/abi";
import { counted, printable, shortDigest, type Terminal } from "../terminal.ts";
import { showMoment } from "./life.ts";
import { ROLES } from "./role-flags.ts";
import type { AnyDocument } from "./signed-file.ts";
import { shortKey } from "./tally-text.ts";

const MAX_LISTED = 50;

export function describe(terminal: Terminal, { type, document, envelope, sha256 }: AnyDocument): string[] {
  const { tenant, issued, expires } = document;
  const version = "version" in document ? ` ${document.version}` : "";
  const development =
    type === "root" && document.development ? `, ${terminal.paint("yellow", "development")}` : "";
  return [
    `${type}${version}${tenant === undefined ? "" : ` of ${printable(tenant)}`}${development}`,
    `  digest   ${sha256}`,
    `  issued   ${showMoment(issued)}`,
    `  expires  ${showMoment(expires)}`,
    ...partsOf({ type, document } as AnyDocument).map((line) => `  ${line}`),
    ...(envelope.signatures.length === 0 ? [`  ${terminal.paint("yellow", "not signed")}`] : []),
    ...envelope.signatures.map(({ keyid }) => `  signed by ${shortKey(keyid)}`),
  ];
}

/** For `--json`. */
export function describeJson({ type, document, envelope, sha256 }: AnyDocument) {
  return { type, sha256, signatures: envelope.signatures.map(({ keyid }) => keyid), document };
}

function partsOf(any: AnyDocument): string[] {
  switch (any.type) {
    case "root":
      return rootParts(any.document);
    case "release":
      return releaseParts(any.document);
    case "channel":
      return channelParts(any.document);
    case "prices":
      return pricesParts(any.document);
    case "receipt":
      return receiptParts(any.document);
    case "experiments":
      return experimentsParts(any.document);
  }
}

function rootParts({ roles }: Root): string[] {
  return ROLES.flatMap((name) => {
    const role = roles[name];
    return role ? [`${name.padEnd(8)} ${role.threshold} of ${role.keyids.map(shortKey).join(", ")}`] : [];
  });
}

function releaseParts({ bundles, previous, promotions, policy, bounds = [] }: Release): string[] {
  return [
    ...bundles.map(({ sha256, size }) => `bundle   ${sha256}, ${size} bytes`),
    `follows  ${previous ?? "nothing"}`,
    `policy   ${printable(policy.name)}`,
    `promotions (${promotions.length})`,
    ...listed(promotions.map(({ id, rule }) => `  ${printable(id)}${rule ? `  ${printable(rule)}` : ""}`)),
    ...listed(bounds.map((bound) => `bounds   ${boundText(bound)}`)),
  ];
}

function boundText({ sku, minUnitPrice, maxUnitPrice, maxChangePerHour }: PriceBound): string {
  const change = maxChangePerHour === undefined ? "" : `, at most ${maxChangePerHour} % an hour`;
  return `${printable(sku)} ${minUnitPrice} to ${maxUnitPrice}${change}`;
}

function channelParts({ channel, arms, off, minRelease }: Channel): string[] {
  const switched = Object.entries(off).flatMap(([what, names]) =>
    names.map((name) => `off      ${what} ${printable(name)}`),
  );
  return [
    `channel  ${channel}, releases from version ${minRelease}`,
    ...arms.map(
      ({ release, range: [from, to], seed }) =>
        `arm      [${from}, ${to}) ${release}, seed ${printable(seed)}`,
    ),
    ...switched,
  ];
}

function pricesParts({
  release,
  also = [],
  strategy,
  strategies = [],
  prices,
}: Documents["prices"]): string[] {
  return [
    `release  ${[release, ...also].map(shortDigest).join(", ")}, strategy ${printable(strategy.id)} ${strategy.version}`,
    counted(prices.length, "price"),
    ...listed(
      prices.map(({ sku, unitPrice, tier, by = -1 }) => {
        const given = strategies[by];
        const variant = given?.variant === undefined ? "" : ` in ${printable(given.variant)}`;
        const source = given === undefined ? "" : `, by ${printable(given.id)}${variant}`;
        return `  ${printable(sku)} ${unitPrice}${tier === undefined ? "" : ` for ${printable(tier)}`}${source}`;
      }),
    ),
  ];
}

function receiptParts({
  quote,
  customer,
  currency,
  cart,
  decision,
  release,
}: Documents["receipt"]): string[] {
  return [
    `quote    ${printable(quote)}${customer === undefined ? "" : ` of ${printable(customer)}`}, ${currency}`,
    `cart     ${cart}`,
    `decision ${decision}`,
    `release  ${release}`,
  ];
}

function experimentsParts({ channel, experiments }: Documents["experiments"]): string[] {
  return [
    `channel  ${channel}, ${counted(experiments.length, "experiment")}`,
    ...listed(
      experiments.map(({ key, unit, variants }) => {
        const shares = variants.map((variant) => `${variant.key} ${variant.weight}`);
        return `  ${key} by ${unit}: ${shares.join(", ")}`;
      }),
    ),
  ];
}

function listed(lines: string[]): string[] {
  if (lines.length <= MAX_LISTED) return lines;
  return [...lines.slice(0, MAX_LISTED), `  and ${lines.length - MAX_LISTED} more; all are in --json`];
}
