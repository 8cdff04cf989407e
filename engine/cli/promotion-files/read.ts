// Finds the files that hold promotions, policy and bounds of a project.

import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { BundleMetadata } from "@haggle/abi";
import type { Diagnostic } from "@haggle/toolchain";
import { getFile } from "../files.ts";
import { readPolicies } from "../policies.ts";
import { checkData, type Data, type DataSources, readData } from "./check.ts";
import { type DataSource, readSource } from "./source.ts";

/** Below it every YAML or JSON file holds one promotion, or a list of them. */
export const PROMOTIONS_FOLDER = "promotions";
/** The same in one file. */
export const PROMOTIONS_FILE = "promotions.json";
/** One of these is the policy, in the place of the default one. */
export const POLICY_FILES = ["policy.yaml", "policy.yml", "policy.json"];
/** One of these says within which bounds strategies may set prices. */
export const BOUNDS_FILES = ["bounds.yaml", "bounds.yml", "bounds.json"];

const DATA_FILE = /\.(?:ya?ml|json)$/;

export type ProjectData = Data & {
  /** Everything that is wrong with it, for the rules of a bundle. */
  check?: (metadata: BundleMetadata) => Diagnostic[];
  /** There are promotions that need no rule, so a project without rules will do. */
  withoutRules?: boolean;
};

/** What runs in the project at `root` beside its rules, and the texts that say so by their names. */
export async function readProjectData(
  root: string,
): Promise<{ data: ProjectData; texts: Record<string, string> }> {
  const names = await findDataFiles(root);
  const policies = await present(root, POLICY_FILES);
  const bounds = await present(root, BOUNDS_FILES);
  if (names.length === 0 && policies.length === 0 && bounds.length === 0) return { data: {}, texts: {} };
  const texts: Record<string, string> = {};
  for (const name of [...names, ...policies, ...bounds]) {
    texts[name] = new TextDecoder().decode(await getFile(join(root, name)));
  }
  const read = (name: string): DataSource => readSource(name, texts[name]!);
  const [policy, ...otherPolicies] = policies.map(read);
  const [bound, ...otherBounds] = bounds.map(read);
  const presets = policy === undefined ? {} : await readPolicies();
  const sources: DataSources = { promotions: names.map(read), policy, bounds: bound, presets };
  const twice = [
    ...otherPolicies.map((other) => saidTwice(other, `The policy is in ${policy!.file} already`)),
    ...otherBounds.map((other) => saidTwice(other, `The bounds are in ${bound!.file} already`)),
  ];
  return {
    data: {
      ...readData(sources),
      check: (metadata) => [...twice, ...checkData(sources, metadata)],
      ...(names.length === 0 ? {} : { withoutRules: true }),
    },
    texts,
  };
}

function saidTwice(source: DataSource, message: string): Diagnostic {
  return source.faultAt([], { code: "CLI_POLICY_TWICE", message });
}

/** Whether there are promotions in a project's folder. */
export async function hasPromotions(root: string): Promise<boolean> {
  return (await findDataFiles(root)).length > 0;
}

async function findDataFiles(root: string): Promise<string[]> {
  return [...(await present(root, [PROMOTIONS_FILE])), ...(await list(root, join(root, PROMOTIONS_FOLDER)))];
}

/** Links are not followed: what is built lies in the project. */
async function list(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return [];
    throw cause;
  });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) found.push(...(await list(root, path)));
    else if (entry.isFile() && DATA_FILE.test(entry.name))
      found.push(relative(root, path).split(sep).join("/"));
  }
  return found.sort();
}

async function present(root: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) =>
      stat(join(root, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, i) => found[i]);
}
