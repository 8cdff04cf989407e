// Which project a file belongs to, and which of a project's files say anything about its rules and prices.

/** What of a project the extension reads, by paths relative to its root. */
export type OpenProject = {
  /** Sources below `rules/`, as the toolchain takes them. */
  files: Record<string, string>;
  /** Promotions, policy and bounds. */
  data: Record<string, string>;
  /** Files of cases. */
  cases: Record<string, string>;
  /** Files of pricing strategies. */
  strategies: Record<string, string>;
};

type Kind = keyof OpenProject;

const KINDS: readonly { kind: Kind; path: RegExp }[] = [
  { kind: "files", path: /^rules\/(?:.+\/)?[^/]+(?<!\.d)\.ts$/ },
  { kind: "cases", path: /^rules\/(?:.+\/)?(?:cases|[^/]+\.cases)\.json$/ },
  { kind: "strategies", path: /^rules\/(?:.+\/)?strategies\.ya?ml$/ },
  { kind: "data", path: /^promotions\/(?:.+\/)?[^/]+\.(?:json|ya?ml)$/ },
  { kind: "data", path: /^promotions\.json$/ },
  { kind: "data", path: /^(?:policy|bounds)\.(?:json|ya?ml)$/ },
];

/** Folders that hold nothing of a project, such as what npm installs. */
export function isSkippedFolder(name: string): boolean {
  return name === "node_modules" || name.startsWith(".");
}

/** What a file of a project is, by its path; undefined when it is of no interest. */
export function kindOf(path: string): Kind | undefined {
  if (path.split("/").slice(0, -1).some(isSkippedFolder)) return undefined;
  return KINDS.find((each) => each.path.test(path))?.kind;
}

/** Whether the extension reads a file of a project. */
export function isProjectFile(path: string): boolean {
  return kindOf(path) !== undefined;
}

/** Whether a file makes the folder that it lies in, by this path, a project. */
function makesProject(path: string): boolean {
  return path.endsWith(".rule.ts")
    ? kindOf(path) === "files"
    : /^promotions(?:\/|\.json$)/.test(path) && isProjectFile(path);
}

/** Which folders are projects, by the addresses of all files in them. */
export function projectsAmong(uris: Iterable<string>): string[] {
  const roots = new Set<string>();
  for (const spelt of uris) {
    const uri = canonicalUri(spelt);
    const root = rootOfRules(uri) ?? /^(.*)\/promotions(?:\/|\.json$)/.exec(uri)?.[1];
    const path = root === undefined ? undefined : pathIn(root, uri);
    if (root !== undefined && path !== undefined && makesProject(path)) roots.add(root);
  }
  return [...roots].sort();
}

/** The root of the project whose rules a file is among: above the innermost `rules/`. Of any scheme. */
export function rootOfRules(uri: string): string | undefined {
  const at = uri.lastIndexOf("/rules/");
  return at < 0 ? undefined : uri.slice(0, at);
}

/** The path of a file in a project, decoded; undefined when it is not in it. Both URIs are canonical. */
export function pathIn(root: string, uri: string): string | undefined {
  if (!uri.startsWith(`${root}/`)) return undefined;
  return uri
    .slice(root.length + 1)
    .split("/")
    .map(decode)
    .join("/");
}

/** The URI of a project's file. */
export function uriIn(root: string, path: string): string {
  return `${root}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * One spelling of each address, to compare by: editors escape more in them than Node does (`file:///c%3A/`), and
 * write the letters of drives differently.
 */
export function canonicalUri(uri: string): string {
  const [, scheme, authority, path] = /^([a-z][\w+.-]*:)(\/\/[^/]*)?([^?#]*)/i.exec(uri) ?? [];
  if (scheme === undefined || path === undefined) return uri;
  const parts = path.split("/").map((part) => encodeURIComponent(decode(part)));
  if (/^[A-Z]%3A$/.test(parts[1] ?? "")) parts[1] = parts[1]!.toLowerCase().replace("%3a", "%3A");
  return `${scheme}${authority ?? ""}${parts.join("/")}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A name with a bare % in it: taken as it is.
    return part;
  }
}
