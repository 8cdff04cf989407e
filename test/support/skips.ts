/** Whether HAGGLE_TEST_SKIP leaves out what needs this: on a laptop that has none. */
export function skips(program: "browser" | "redis" | "vscode"): boolean {
  return (process.env.HAGGLE_TEST_SKIP ?? "").split(",").includes(program);
}
