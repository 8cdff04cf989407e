// The view `haggle.releases`: a server's channels, rollouts, releases, rules and experiments. What it shows is made by
// `outline.ts`; here it becomes items of VS Code.

import {
  type Command,
  EventEmitter,
  env,
  l10n,
  Range,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
} from "vscode";
import type { Item } from "./item.ts";
import type { LocalRules } from "./local-rules.ts";
import { failureItem, outlineOf } from "./outline.ts";
import type { Watcher } from "./watcher.ts";

export type ReleaseTree = TreeDataProvider<Item> & { refresh(): void };

export function createTree(watcher: Watcher, rules: LocalRules): ReleaseTree {
  const changed = new EventEmitter<undefined>();
  watcher.onDidLook(() => changed.fire(undefined));

  return {
    onDidChangeTreeData: changed.event,
    refresh: () => changed.fire(undefined),
    getTreeItem: toTreeItem,
    getChildren(item) {
      if (item !== undefined) return item.children ?? [];
      const look = watcher.find();
      // The view says by itself what can be done where there is nothing.
      if (look.state === "apart") return [];
      if (look.state === "looking")
        return [{ id: "looking", label: l10n.t("Looking…"), icon: "loading~spin" }];
      const options = { rules: rules.find(), l10n, locale: env.language };
      const shown = look.board === undefined ? [] : outlineOf(look.board, options);
      return look.state === "failed" ? [failureItem("failed", look.error, l10n), ...shown] : shown;
    },
  };
}

function toTreeItem(item: Item): TreeItem {
  const { id, label, description, tooltip, icon, color, children, isOpen, context } = item;
  const made = new TreeItem(label, stateOf(children, isOpen));
  made.id = id;
  if (description !== undefined) made.description = description;
  made.tooltip = tooltip ?? (description === undefined ? label : `${label} · ${description}`);
  if (icon !== undefined)
    made.iconPath = new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color));
  if (context !== undefined) made.contextValue = context;
  const command = commandOf(item);
  if (command !== undefined) made.command = command;
  return made;
}

function stateOf(children: Item["children"], isOpen: boolean | undefined): TreeItemCollapsibleState {
  if (children === undefined) return TreeItemCollapsibleState.None;
  return isOpen ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

function commandOf({ place, retries }: Item): Command | undefined {
  if (retries) return { command: "haggle.release.refresh", title: l10n.t("Try Again") };
  if (place === undefined) return undefined;
  const { start, end } = place.range;
  const selection = new Range(start.line, start.character, end.line, end.character);
  return {
    command: "vscode.open",
    title: l10n.t("Open the Rule"),
    arguments: [Uri.parse(place.uri), { selection }],
  };
}
