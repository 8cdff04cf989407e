// What client and server of the extension agree on, beyond the Language Server Protocol itself.

/** To VS Code rules are TypeScript; the name tells them apart. */
export const RULE_FILES = "**/*.rule.ts";

/** Rules may import other files of their folder, so a change of any of these can change what a rule means. */
export const PROJECT_SOURCES = "**/rules/**/*.ts";

/** Shown beside each diagnostic. */
export const DIAGNOSTIC_SOURCE = "haggle";
