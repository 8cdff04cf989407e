// Which project something is about, where nobody said so.

import { l10n, type Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { canonicalUri, pathIn } from "../shared/project-files.ts";
import { PROJECTS, type ProjectInfo } from "../shared/protocol.ts";
import { showInformation } from "./messages.ts";

/** The project of a file: the innermost one around it. */
export async function findProjectOf(client: BaseLanguageClient, uri: Uri): Promise<ProjectInfo | undefined> {
  const file = canonicalUri(uri.toString());
  const around = (await projectsOf(client)).filter(({ root }) => pathIn(root, file) !== undefined);
  return around.sort((a, b) => b.root.length - a.root.length)[0];
}

/** That of the file in front, or the only one; asks where there are several. Undefined when nobody chose one. */
export async function chooseProject(client: BaseLanguageClient): Promise<ProjectInfo | undefined> {
  const inFront = window.activeTextEditor?.document.uri;
  const own = inFront && (await findProjectOf(client, inFront));
  if (own !== undefined) return own;
  const projects = await projectsOf(client);
  if (projects.length === 0) {
    void showInformation(l10n.t("There is no project here: no folder with rules/ or promotions/."));
  }
  if (projects.length < 2) return projects[0];
  const items = projects.map((project) => ({
    label: project.name,
    description: workspace.asRelativePath(project.root.replace(/^file:\/\//, "")),
    project,
  }));
  return (await window.showQuickPick(items, { placeHolder: l10n.t("Which project?") }))?.project;
}

function projectsOf(client: BaseLanguageClient): Promise<ProjectInfo[]> {
  return client.sendRequest(PROJECTS);
}
