import { commands, l10n, Uri, window, workspace } from "vscode";
import { PROJECTS, type ProjectInfo, RULE_FILES } from "../../shared/protocol.ts";
import type { Extension } from "../activate.ts";
import { showError } from "../messages.ts";
import { explainError } from "../release/explain-error.ts";
import { newProject, openProject } from "./new-project.ts";

const WALKTHROUGH = "start";
/** A list to choose from, and not somebody's whole disk. */
const MOST_RULES = 500;
const INSTALLED = "**/node_modules/**";

/** The first rule, step by step. */
export async function registerWalkthrough({ context, client, onRulesChanged }: Extension): Promise<void> {
  context.subscriptions.push(
    commands.registerCommand("haggle.openWalkthrough", () =>
      commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#${WALKTHROUGH}`),
    ),
    commands.registerCommand("haggle.newProject", (folder: unknown) =>
      shown(async () => {
        const made = await newProject(context.extensionUri, folder instanceof Uri ? folder : undefined);
        // A message with a question may stand there for long.
        if (made !== undefined) void shown(() => openProject(made));
        return made;
      }),
    ),
    commands.registerCommand("haggle.openRule", () => shown(openRule)),
    onRulesChanged(() => void tellProject(true)),
  );
  const projects = await client.sendRequest<ProjectInfo[]>(PROJECTS);
  await tellProject(projects.length > 0);
}

/** A step of the walkthrough is done where there is a project already. */
async function tellProject(isThere: boolean): Promise<void> {
  await commands.executeCommand("setContext", "haggle.hasProject", isThere);
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
