// A project from the template that the command line copies too, into a folder that is new or empty.

import { commands, FileType, l10n, Uri, window, workspace } from "vscode";
import { showInformation } from "../messages.ts";

/** By path; part of what is packed. */
type Template = Readonly<Record<string, string>>;

const FIRST_RULE = "rules/spend-and-save.rule.ts";
const NAME = /^[^\\/:*?"<>|]{1,100}$/;

/** `folder` is where to make it, for whoever has chosen one. Undefined where nobody does. */
export async function newProject(extension: Uri, folder?: Uri): Promise<Uri | undefined> {
  const target = folder ?? (await askFolder());
  if (target === undefined) return undefined;
  if (!(await isEmpty(target))) throw new Error(l10n.t("The folder {0} is not empty.", target.path));
  const template = await readTemplate(extension);
  for (const [path, text] of Object.entries(template)) {
    // npm leaves files of this name out of packages, so the template has it without the dot.
    const file = Uri.joinPath(target, path === "gitignore" ? ".gitignore" : path);
    const own = path === "package.json" ? text.replace("PROJECT_NAME", packageName(target)) : text;
    await workspace.fs.writeFile(file, new TextEncoder().encode(own));
  }
  return target;
}

/** In this window where the project is in its workspace; else the person says in which one. */
export async function openProject(folder: Uri): Promise<void> {
  if (workspace.getWorkspaceFolder(folder) !== undefined) {
    await window.showTextDocument(Uri.joinPath(folder, FIRST_RULE));
    return;
  }
  const [here, there] = [l10n.t("Open"), l10n.t("Open in a New Window")];
  const text = l10n.t("The project {0} is made.", nameOf(folder));
  const chosen = await showInformation(text, here, there);
  if (chosen === undefined) return;
  await commands.executeCommand("vscode.openFolder", folder, { forceNewWindow: chosen === there });
}

async function askFolder(): Promise<Uri | undefined> {
  const title = l10n.t("Where shall the project's folder be?");
  const [parent] =
    (await window.showOpenDialog({
      title,
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: l10n.t("Here"),
    })) ?? [];
  if (parent === undefined) return undefined;
  const name = await window.showInputBox({
    title: l10n.t("What is the project's name?"),
    value: "shop",
    ignoreFocusOut: true,
    validateInput: (value) => (NAME.test(value.trim()) ? undefined : l10n.t("The name of a folder")),
  });
  return name === undefined ? undefined : Uri.joinPath(parent, name.trim());
}

async function isEmpty(folder: Uri): Promise<boolean> {
  const found = await workspace.fs.stat(folder).then(
    ({ type }) => type,
    // There is none yet, which is as good.
    () => undefined,
  );
  if (found === undefined) return true;
  return found === FileType.Directory && (await workspace.fs.readDirectory(folder)).length === 0;
}

async function readTemplate(extension: Uri): Promise<Template> {
  const bytes = await workspace.fs.readFile(Uri.joinPath(extension, "dist", "template.json"));
  return JSON.parse(new TextDecoder().decode(bytes)) as Template;
}

/** What npm takes as a name: the folder's in lower case, other characters as dashes. */
function packageName(folder: Uri): string {
  const name = nameOf(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "shop" : name;
}

function nameOf({ path }: Uri): string {
  return path.split("/").filter(Boolean).at(-1) ?? "";
}
