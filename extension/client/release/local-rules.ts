// The rules of all projects of the workspace, as the language server knows them: the last good ones.

import { EventEmitter } from "vscode";
import {
  PROJECTS,
  type ProjectInfo,
  type ProjectRules,
  RULES,
  type RuleInfo,
} from "../../shared/protocol.ts";
import type { Extension } from "../activate.ts";

export type LocalRules = {
  find(): readonly RuleInfo[];
  refresh(): Promise<void>;
};

export function followLocalRules(
  { client, context, onRulesChanged }: Extension,
  onChange: () => void,
): LocalRules {
  const byRoot = new Map<string, RuleInfo[]>();
  const changed = new EventEmitter<void>();
  context.subscriptions.push(
    changed,
    changed.event(onChange),
    onRulesChanged((root) => void read(root).then(() => changed.fire(), ignore)),
  );

  async function read(root: string): Promise<void> {
    const { rules } = await client.sendRequest<ProjectRules>(RULES, { root });
    byRoot.set(root, rules);
  }

  async function refresh(): Promise<void> {
    const projects = await client.sendRequest<ProjectInfo[]>(PROJECTS);
    for (const root of byRoot.keys()) if (!projects.some((each) => each.root === root)) byRoot.delete(root);
    await Promise.all(projects.map(({ root }) => read(root).catch(ignore)));
    changed.fire();
  }

  return { find: () => [...byRoot.values()].flat(), refresh };
}

/** A server that has stopped, or a project that cannot be read, has no rules to show; its own features say why. */
function ignore(): void {}
