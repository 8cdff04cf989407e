import { commands, l10n, type TextDocument, Uri, window, workspace } from "vscode";
import { PROJECTS, type ProjectInfo, RULE_FILES } from "../../shared/protocol.ts";
import type { Extension } from "../activate.ts";
import { showError } from "../messages.ts";
import { explainError } from "../release/explain-error.ts";
import { newProject, openProject } from "./new-project.ts";

const WALKTHROUGH = "start";
const RULE_LANGUAGE = "haggle-rule";
/** A list to choose from, and not somebody's whole disk. */
const MOST_RULES = 500;
const INSTALLED = "**/node_modules/**";

/** The first rule, step by step. */
export async function registerWalkthrough({ context, client, onRulesChanged }: Extension): Promise<void> {
  context.subscriptions.push(
    commands.registerCommand("haggle.openWalkthrough", openWalkthrough),
    commands.registerCommand("haggle.newProject", (folder: unknown) =>
      shown(async () => {
        const made = await newProject(context.extensionUri, folder instanceof Uri ? folder : undefined);
        // A message with a question may stand there for long.
        if (made !== undefined) void shown(() => openProject(made));
        return made;
      }),
    ),
    commands.registerCommand("haggle.openRule", () => shown(openRule)),
    onRulesChanged(() => void tell({ "haggle.hasProject": true })),
    workspace.onDidOpenTextDocument(tellRule),
  );
  await tellAll();

  /** VS Code ticks a step when its context becomes true, and never one whose context was true before it looked. */
  async function openWalkthrough(): Promise<void> {
    await tell({ "haggle.hasProject": false, "haggle.hasOpenRule": false });
    await commands.executeCommand(
      "workbench.action.openWalkthrough",
      `${context.extension.id}#${WALKTHROUGH}`,
    );
    await tellAll();
  }

  /** Steps are done where there is a project, or a rule in an editor, already. */
  async function tellAll(): Promise<void> {
    workspace.textDocuments.forEach(tellRule);
    const projects = await client.sendRequest<ProjectInfo[]>(PROJECTS);
    await tell({ "haggle.hasProject": projects.length > 0 });
  }
}

function tellRule({ languageId }: TextDocument): void {
  if (languageId === RULE_LANGUAGE) void tell({ "haggle.hasOpenRule": true });
}

async function tell(contexts: Record<string, boolean>): Promise<void> {
  for (const [name, value] of Object.entries(contexts))
    await commands.executeCommand("setContext", name, value);
}

async function openRule(): Promise<void> {
  const files = await workspace.findFiles(RULE_FILES, INSTALLED, MOST_RULES);
  if (files.length === 0) {
    throw new Error(l10n.t("There is no rule in this workspace yet; a new project has one."));
  }
  const items = files
    .map((file) => ({ label: workspace.asRelativePath(file), file }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  const title = l10n.t("Which rule?");
  const chosen = items.length === 1 ? items[0] : await window.showQuickPick(items, { title });
  if (chosen !== undefined) await window.showTextDocument(chosen.file);
}

async function shown<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    void showError(explainError(error, l10n));
    return undefined;
  }
}
