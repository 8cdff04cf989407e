// Which files of a project say what runs beside its rules, and what all of them come to.

import type { BundleMetadata, Policy } from "@haggle/abi";
import type { Diagnostic } from "../diagnostics.ts";
import { checkData, type Data, type DataSources, readData } from "./check.ts";
import { type DataSource, readSource } from "./source.ts";

/** Below it every YAML or JSON file holds one promotion, or a list of them. */
export const PROMOTIONS_FOLDER = "promotions";
/** The same in one file. */
export const PROMOTIONS_FILE = "promotions.json";
/** One of these is the policy, in the place of the default one. */
export const POLICY_FILES: readonly string[] = ["policy.yaml", "policy.yml", "policy.json"];
/** One of these says within which bounds strategies may set prices. */
export const BOUNDS_FILES: readonly string[] = ["bounds.yaml", "bounds.yml", "bounds.json"];

const DATA_FILE = /\.(?:ya?ml|json)$/;

export type ProjectData = Data & {
  /** Everything that is wrong with it, for the rules of a bundle. */
  check?: (metadata: BundleMetadata) => Diagnostic[];
  /** There are promotions that need no rule, so a project without rules will do. */
  withoutRules?: boolean;
};

/** Whether a file of a project holds promotions. `file` is project-relative, with forward slashes. */
export function holdsPromotions(file: string): boolean {
  if (file === PROMOTIONS_FILE) return true;
  const [folder, ...names] = file.split("/");
  const isHidden = names.some((name) => name.startsWith("."));
  return folder === PROMOTIONS_FOLDER && names.length > 0 && !isHidden && DATA_FILE.test(file);
}

/**
 * What runs in a project beside its rules. `texts` are its files of promotions, policy and bounds by their
 * project-relative names; others are left out. `presets` are the policies that a policy may extend, by name.
 */
export function readProjectData(
  texts: Readonly<Record<string, string>>,
  presets: Readonly<Record<string, Policy>>,
): ProjectData {
  const sources = sourcesOf(texts, presets);
  const { promotions, policy, bounds } = sources;
  if (promotions.length === 0 && policy === undefined && bounds === undefined) return {};
  const twice = [
    ...saidTwice(texts, POLICY_FILES, "The policy is in"),
    ...saidTwice(texts, BOUNDS_FILES, "The bounds are in"),
  ];
  return {
    ...readData(sources),
    check: (metadata) => [...twice, ...checkData(sources, metadata)],
    ...(promotions.length === 0 ? {} : { withoutRules: true }),
  };
}

function sourcesOf(
  texts: Readonly<Record<string, string>>,
  presets: Readonly<Record<string, Policy>>,
): DataSources {
  const read = (name: string): DataSource => readSource(name, texts[name]!);
  const [policy] = present(texts, POLICY_FILES);
  const [bounds] = present(texts, BOUNDS_FILES);
  const promotions = Object.keys(texts).filter(holdsPromotions).sort(fileFirst);
  return {
    promotions: promotions.map(read),
    policy: policy === undefined ? undefined : read(policy),
    bounds: bounds === undefined ? undefined : read(bounds),
    presets,
  };
}

/** The one file stands before those of the folder, which stand by their names. */
function fileFirst(a: string, b: string): number {
  if (a === PROMOTIONS_FILE || b === PROMOTIONS_FILE) return a === PROMOTIONS_FILE ? -1 : 1;
  return a < b ? -1 : 1;
}

function saidTwice(
  texts: Readonly<Record<string, string>>,
  names: readonly string[],
  said: string,
): Diagnostic[] {
  const [first, ...others] = present(texts, names);
  return others.map((other) =>
    readSource(other, texts[other]!).faultAt([], {
      code: "CLI_POLICY_TWICE",
      message: `${said} ${first} already`,
    }),
  );
}

function present(texts: Readonly<Record<string, string>>, names: readonly string[]): string[] {
  return names.filter((name) => Object.hasOwn(texts, name));
}
