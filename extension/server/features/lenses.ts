// Lenses above rules: run its cases, trace it, what it is, and who uses it.

import { isTooLargeForProject } from "@haggle/abi";
import { belongsTo, holdsCases } from "@haggle/toolchain/cases";
import { type CodeLens, CodeLensRefreshRequest, CodeLensRequest } from "vscode-languageserver";
import type { LensData, RuleArgument, UsesArgument } from "../../shared/lenses.ts";
import type { ViewLocale } from "../../shared/price.ts";
import { canonicalUri } from "../../shared/project-files.ts";
import type { RuleInfo } from "../../shared/protocol.ts";
import type { Register } from "../serve.ts";
import { type OwnText, tell } from "../words/tell.ts";
import { type RuleUse, usesOf } from "../yaml/uses.ts";

const COMMANDS: Readonly<Record<LensData["kind"], string>> = {
  run: "haggle.runCase",
  runAll: "haggle.runCases",
  trace: "haggle.debugTrace",
  facts: "",
  uses: "haggle.showUses",
};

export const registerLenses: Register = ({ connection, files, locale, rules, provide, initialized }) => {
  provide(
    CodeLensRequest.type,
    (uri) => uri.endsWith(".rule.ts"),
    async ({ textDocument: { uri } }) => {
      const root = await files.findRoot(uri);
      if (root === undefined) return [];
      const own = rules.of(root).rules.filter((rule) => canonicalUri(rule.uri) === canonicalUri(uri));
      const project = await files.readProject(root);
      const data = { ...project.data, ...project.strategies };
      const lenses = own.map((rule) => lensesOf(root, rule, project.cases, usesOf(data, rule.name)));
      return lenses.flat();

      function lensesOf(
        root: string,
        rule: RuleInfo,
        cases: Readonly<Record<string, string>>,
        uses: readonly RuleUse[],
      ): CodeLens[] {
        const { name, decoratorRange, range } = rule;
        const argument: RuleArgument = { root, rule: name };
        const count = countCases(cases, rule);
        const say = (english: OwnText, ...values: number[]) => tell(locale(), english, ...values);
        const lens = (kind: LensData["kind"], title: string, argument?: unknown): CodeLens => ({
          range: decoratorRange,
          command: {
            title,
            command: COMMANDS[kind],
            ...(argument !== undefined && { arguments: [argument] }),
          },
          data: { kind, uri } satisfies LensData & { uri: string },
        });
        const locations = uses.map((use) => ({ uri: files.uriOf(root, use.file), range: use.range }));
        const usesArgument: UsesArgument = { uri, position: range.start, locations };
        const used = uses.length === 1 ? say("used once") : say("used by {0}", uses.length);
        return [
          lens("run", say("Run"), argument),
          // Without a case it stands there too, and says where one comes from.
          lens("runAll", say("Run on all cases ({0})", count), argument),
          lens("trace", say("Debug trace"), argument),
          lens("facts", factsOf(rule, locale())),
          ...(uses.length === 0 ? [] : [lens("uses", used, usesArgument)]),
        ];
      }
    },
  );

  // What lenses say is of several files, and an editor asks again only where the text has changed. Whoever types in one of
  // those files changes it at every key, and hardly ever anything that stands above a rule.
  const shown = new Map<string, string>();
  rules.onChange(refresh);
  files.onChange(({ root, path }) => {
    if (path.endsWith(".ts") || !canRefresh()) return;
    look(root).catch((cause: unknown) => connection.console.error(`${root}: ${cause}`));
  });
  async function look(root: string): Promise<void> {
    const { cases, data, strategies } = await files.readProject(root);
    const uses = { ...data, ...strategies };
    const now = JSON.stringify(
      rules.of(root).rules.map((rule) => [rule.name, countCases(cases, rule), usesOf(uses, rule.name)]),
    );
    if (shown.get(root) === now) return;
    shown.set(root, now);
    refresh();
  }
  function refresh(): void {
    if (!canRefresh()) return;
    // An editor may refuse, and one that closes answers nothing more: its lenses are then as old as it wants them.
    connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined);
  }
  function canRefresh(): boolean {
    return initialized().capabilities.workspace?.codeLens?.refreshSupport === true;
  }

  return { codeLensProvider: {} };
};

function factsOf({ priority, group, phase, template }: RuleInfo, locale: ViewLocale): string {
  const facts = [
    tell(locale, "priority {0}", priority),
    ...(group === undefined ? [] : [tell(locale, "group {0}", group)]),
    ...(phase === undefined ? [] : [tell(locale, "phase {0}", phase)]),
    ...(template ? [tell(locale, "template")] : []),
  ];
  return facts.join(" · ");
}

/** As far as they can be counted: what is wrong with a file is said when it runs. */
function countCases(cases: Readonly<Record<string, string>>, rule: RuleInfo): number {
  const own = Object.keys(cases).filter((file) => holdsCases(file) && belongsTo(rule, file));
  return own.reduce((sum, file) => sum + countIn(cases[file]!), 0);
}

/** Texts that were counted and are the same now. */
const MAX_COUNTED = 256;
const counted = new Map<string, number>();

function countIn(text: string): number {
  const count = counted.get(text) ?? countEntries(text);
  counted.delete(text);
  counted.set(text, count);
  if (counted.size > MAX_COUNTED) counted.delete(counted.keys().next().value!);
  return count;
}

function countEntries(text: string): number {
  if (isTooLargeForProject(text)) return 0;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.length : 0;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return 0;
  }
}
