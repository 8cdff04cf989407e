// One check of a project after another, each told as it goes on; a newer one ends the one before.

import { CancellationTokenSource, type Disposable } from "vscode";
import { type BaseLanguageClient, WorkDoneProgress } from "vscode-languageclient";
import { CHECK, type CheckRequest, type ConflictReport } from "../../shared/conflicts.ts";
import { messageOf } from "../messages.ts";
import { viewLocale } from "../webview-page.ts";

export type CheckListener = {
  onProgress(done: number, of: number): void;
  onReport(report: ConflictReport): void;
  /** Without a message it was stopped by somebody. */
  onEnd(message?: string): void;
};

export type CheckSession = Disposable & {
  check(currency: string): Promise<void>;
  stop(): void;
};

export function createCheckSession(
  client: BaseLanguageClient,
  root: string,
  { onProgress, onReport, onEnd }: CheckListener,
): CheckSession {
  let running: CancellationTokenSource | undefined;

  async function check(currency: string): Promise<void> {
    running?.cancel();
    const own = new CancellationTokenSource();
    running = own;
    const isNewest = () => running === own;
    const workDoneToken = crypto.randomUUID();
    const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (progress) => {
      const [, done, of] =
        /^(\d+)\/(\d+)$/.exec(progress.kind === "report" ? (progress.message ?? "") : "") ?? [];
      if (done !== undefined && isNewest()) onProgress(Number(done), Number(of));
    });
    onProgress(0, 0);
    try {
      const report: ConflictReport = await client.sendRequest(
        CHECK,
        { root, currency, workDoneToken, locale: viewLocale() } satisfies CheckRequest,
        own.token,
      );
      if (isNewest()) onReport(report);
    } catch (cause) {
      if (!isNewest()) return;
      if (own.token.isCancellationRequested) onEnd();
      else onEnd(messageOf(cause));
    } finally {
      listening.dispose();
      own.dispose();
      if (isNewest()) running = undefined;
    }
  }

  const stop = () => running?.cancel();
  return { check, stop, dispose: stop };
}
