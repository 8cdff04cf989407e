// What the features of YAML files stand on: the file as it is typed, its project, the rules that are known of it, and the
// schema that follows from all of them.

import { DEFAULT_POLICY, type RuleMetadata, type Schema } from "@haggle/abi";
import { makeSchemas, POLICY_FILES, readSource } from "@haggle/toolchain/project-files";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { ViewLocale } from "../../shared/price.ts";
import { canonicalUri, type OpenProject, pathIn } from "../../shared/project-files.ts";
import type { RuleInfo } from "../../shared/protocol.ts";
import type { Worker } from "../../worker/caller.ts";
import type { Server } from "../serve.ts";
import { Untrusted } from "../trust.ts";
import { type FileKind, kindOf } from "./kind.ts";
import { type Parsed, parseDocumentOnce } from "./parsed.ts";

export type YamlFile = {
  root: string;
  /** Project-relative. */
  file: string;
  kind: FileKind;
  isJson: boolean;
  document: TextDocument;
  /** Made when somebody asks: what is being typed is found without it. */
  readonly parsed: Parsed;
  project: OpenProject;
  /** The last good ones. */
  rules: readonly RuleInfo[];
  schema: Schema;
  /** Those of the project. */
  groups: readonly string[];
  /** Of the user's settings. */
  currency: string;
  /** Of the editor. */
  locale: ViewLocale;
};

/** Whether a document may be one of these, by its address alone. */
export function isData(uri: string): boolean {
  return /\/promotions\/.+\.(?:ya?ml|json)$|\/promotions\.json$|\/(?:policy|bounds)\.(?:ya?ml|json)$|\/rules\/(?:.+\/)?strategies\.ya?ml$/.test(
    uri,
  );
}

/** The file of an address with all that is known about it; undefined for all that is none, or in no project. */
export async function findYamlFile(
  { documents, files, locale, rules, settings, worker }: Server,
  uri: string,
): Promise<YamlFile | undefined> {
  const document = documents.get(uri);
  const root = isData(uri) && document !== undefined ? await files.findRoot(uri) : undefined;
  const file = root === undefined ? undefined : pathIn(root, canonicalUri(uri));
  const kind = file === undefined ? undefined : kindOf(file);
  if (document === undefined || root === undefined || file === undefined || kind === undefined)
    return undefined;
  const project = await files.readProject(root);
  const { rules: known } = await rules.load(root);
  const policy = readPolicy(project);
  // Only a policy names others.
  const names = kind === "policy" ? await policyNames(worker) : [];
  const schemas = makeSchemas(known.map(toMetadata), policy.lanes, names);
  return {
    ...{ root, file, kind, document, project, rules: known, groups: groupsOf(project, known) },
    isJson: file.endsWith(".json"),
    get parsed() {
      return parseDocumentOnce(document);
    },
    schema: schemas[kind],
    currency: await settings.get("currency"),
    locale: locale(),
  };
}

/** None before there is trust: then any name will do. */
async function policyNames(worker: Worker): Promise<readonly string[]> {
  return worker.call("policyNames", undefined).catch((cause: unknown) => {
    if (cause instanceof Untrusted) return [];
    throw cause;
  });
}

/** The groups that the policy names, and then those that rules are in besides. */
export function groupsOf(project: OpenProject, rules: readonly RuleInfo[]): string[] {
  return [...new Set([...readPolicy(project).groups, ...rules.flatMap(({ group }) => group ?? [])])];
}

/** As the toolchain knows a rule. */
export function toMetadata({
  template,
  uri: _,
  range: __,
  decoratorRange: ___,
  ...rule
}: RuleInfo): RuleMetadata {
  return { ...rule, ...(template && { template }) };
}

/** What of a policy others speak of. What it has from a preset is not known here, and any name will do. */
function readPolicy({ data }: OpenProject): {
  lanes: readonly string[] | undefined;
  groups: readonly string[];
} {
  const file = POLICY_FILES.find((name) => Object.hasOwn(data, name));
  if (file === undefined) return { lanes: DEFAULT_POLICY.lanes, groups: [] };
  const { lanes, groups } = (readSource(file, data[file]!).value ?? {}) as {
    lanes?: unknown;
    groups?: unknown;
  };
  return {
    lanes: Array.isArray(lanes) && lanes.every((each) => typeof each === "string") ? lanes : undefined,
    groups: typeof groups === "object" && groups !== null ? Object.keys(groups) : [],
  };
}
