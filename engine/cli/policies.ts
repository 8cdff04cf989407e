// The policies that come with the command, each a file: the default and what other products do.

import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Policy, parsePolicy } from "@haggle/abi";
import { POLICY_FOLDER, POLICY_ROOM } from "./assets.ts";
import { getJson } from "./files.ts";

/** By name, which is the name of the file. */
export async function readPolicies(): Promise<Record<string, Policy>> {
  const [folder, names] = await readFirst(POLICY_FOLDER, POLICY_ROOM);
  const policies: Record<string, Policy> = {};
  for (const name of names.sort()) {
    policies[basename(name, ".json")] = parsePolicy(await getJson(join(folder, name)), name);
  }
  return policies;
}

async function readFirst(installed: string, room: string): Promise<[folder: string, names: string[]]> {
  try {
    return [installed, await readdir(installed)];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    return [room, await readdir(room)];
  }
}
