// VS Code, as its pages know it.

type VsCode = {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
};

declare const acquireVsCodeApi: () => VsCode;

export type Host<To, From, State> = {
  tell(message: From): void;
  /** What was kept the last time; VS Code keeps it while the page is hidden, and over a reload of the window. */
  kept: State | undefined;
  keep(state: State): void;
  onMessage(take: (message: To) => void): void;
};

/** Once a page: VS Code gives its interface a single time. */
export function openHost<To, From, State = never>(): Host<To, From, State> {
  const vscode = acquireVsCodeApi();
  return {
    tell: (message) => vscode.postMessage(message),
    kept: vscode.getState() as State | undefined,
    keep: (state) => vscode.setState(state),
    onMessage: (take) => window.addEventListener("message", ({ data }) => take(data as To)),
  };
}
