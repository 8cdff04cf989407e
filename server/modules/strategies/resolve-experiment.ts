import { isDeepStrictEqual } from "node:util";
import type { StrategyParameters } from "@haggle/abi";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isSeq,
  parseDocument,
  stringify,
  visit,
  type YAMLMap,
} from "yaml";
import { readYaml } from "./yaml-file.ts";

/** Which variant of an experiment over skus stays. */
export type Decision = {
  experiment: string;
  variant: string;
  /** Where it ran; strategies of other channels alone were never priced by a variant. */
  channel: string;
  /** The other channels. */
  others: readonly string[];
};

export type Resolved = {
  text: string;
  /** Ids of strategies that name the experiment no more, and of those that went because the winner has no price of them. */
  changed: string[];
  removed: string[];
  /** Other channels on which these strategies are in force, and the winner with them. */
  elsewhere: string[];
};

/** A strategy as it is written, of a file without faults. */
type Written = {
  id: string;
  channels?: string[];
  parameters?: StrategyParameters;
  experiment?: { key: string; variants: Record<string, StrategyParameters | false> };
};

/**
 * A file of strategies with an experiment decided: what it says prices each sku as the winner did. The rest of the text stays
 * as it is, byte for byte, where the strategies are a list of dashes; its version is for the caller to say. undefined when no
 * strategy names the experiment.
 */
export function resolveExperiment(text: string, decision: Decision): Resolved | undefined {
  const document = parseDocument(text, { version: "1.2" });
  const file = document.toJS() as { strategies: Written[] };
  const named = file.strategies.filter(({ experiment }) => experiment?.key === decision.experiment);
  if (named.length === 0) return undefined;
  const changes = new Map(named.map((strategy) => [strategy, changeOf(strategy, decision)]));
  const lineEnd = /\r?\n/.exec(text)?.[0] ?? "\n";
  const resolved = file.strategies.map((strategy) => {
    const change = changes.get(strategy);
    return change === undefined ? strategy : withoutExperiment(strategy, change);
  });
  const wanted = { ...file, strategies: resolved.filter((strategy) => strategy !== undefined) };
  const spliced = spliceStrategies({ text, lineEnd, document }, file.strategies, resolved);
  // Nodes that are shared, a list in brackets, or a name in quotes, which no stamp finds: written anew, without the comments.
  const isRight =
    spliced !== undefined &&
    /^strategies:/m.test(spliced) &&
    isDeepStrictEqual(readYaml(spliced).value, wanted);
  const isMoved = named.filter((strategy) => changes.get(strategy) !== NO_CHANGE);
  return {
    text: isRight ? spliced : stringify(wanted, STYLE).replaceAll("\n", lineEnd),
    changed: named.filter((strategy) => changes.get(strategy) !== false).map(({ id }) => id),
    removed: named.filter((strategy) => changes.get(strategy) === false).map(({ id }) => id),
    elsewhere: decision.others.filter((channel) => isMoved.some((strategy) => isFor(strategy, channel))),
  };
}

const NO_CHANGE: StrategyParameters = {};

/** What the winner says of a strategy that names its experiment; false where it has no price of it. */
function changeOf(strategy: Written, { variant, channel }: Decision): StrategyParameters | false {
  const { variants } = strategy.experiment!;
  if (!isFor(strategy, channel) || !Object.hasOwn(variants, variant)) return NO_CHANGE;
  const change = variants[variant]!;
  const own = strategy.parameters ?? {};
  return change !== false && isDeepStrictEqual({ ...own, ...change }, own) ? NO_CHANGE : change;
}

function isFor({ channels }: Written, channel: string): boolean {
  return channels === undefined || channels.includes(channel);
}

function withoutExperiment(
  { experiment: _gone, ...rest }: Written,
  change: StrategyParameters | false,
): Written | undefined {
  if (change === false) return undefined;
  return change === NO_CHANGE ? rest : { ...rest, parameters: { ...rest.parameters, ...change } };
}

/** No line is folded, and nothing is shared. */
const STYLE = { lineWidth: 0, aliasDuplicateObjects: false } as const;

/** undefined where the strategies are no list of dashes, or none is left. */
function spliceStrategies(
  { text, lineEnd, document }: { text: string; lineEnd: string; document: Document.Parsed },
  before: readonly Written[],
  after: readonly (Written | undefined)[],
): string | undefined {
  const list = document.get("strategies");
  if (!isSeq(list) || list.flow || after.every((strategy) => strategy === undefined)) return undefined;
  const parts: string[] = [];
  let from = 0;
  for (const [i, item] of list.items.entries()) {
    const next = after[i];
    if (next === before[i]) continue;
    if (!isMap(item) || !item.range) return undefined;
    const [start, end, nodeEnd] = item.range;
    const line = text.lastIndexOf("\n", start) + 1;
    if (next === undefined) {
      // Comments above it stay: they may be of more than it.
      parts.push(text.slice(from, line));
      from = nodeEnd;
      continue;
    }
    const old = text.slice(start, end);
    const indent = " ".repeat(start - line);
    const shown = showStrategy(document, item, next)
      .replaceAll(/\n(?!\n)/g, `\n${indent}`)
      .replaceAll("\n", lineEnd);
    // Fields in lines end behind the last one, fields in brackets in it.
    parts.push(text.slice(from, start), shown, old.slice(old.trimEnd().length));
    from = end;
  }
  return parts.join("") + text.slice(from);
}

/** Its comments stay, where it shares nothing with others. */
function showStrategy(document: Document.Parsed, item: YAMLMap, next: Written): string {
  if (isShared(item)) return stringify(next, STYLE).trimEnd();
  const parameters = item.get("parameters");
  item.delete("experiment");
  // Comments around it stand in the text still.
  item.comment = null;
  item.commentBefore = null;
  for (const [name, value] of Object.entries(next.parameters ?? {})) {
    if (!isMap(parameters) || isDeepStrictEqual(toPlain(parameters.get(name, true)), value)) continue;
    parameters.set(name, document.createNode(value, { flow: true }));
  }
  // What was left out, or was nothing.
  if (!isMap(parameters) && next.parameters !== undefined) {
    item.set("parameters", document.createNode(next.parameters, { flow: true }));
  }
  return stringify(item, STYLE).trimEnd();

  function toPlain(node: unknown): unknown {
    return isNode(node) ? node.toJS(document) : node;
  }
}

function isShared(item: YAMLMap): boolean {
  let found = false;
  visit(item, {
    Node: (_key, node) => {
      found ||= isAlias(node) || node.anchor !== undefined;
    },
  });
  return found;
}
