// A language server that ended by itself is started again, and what was asked of the old one is asked of the new one: who asked
// sees an answer that took longer, and no error. Behind too many ends it stays away until somebody wants it back.

import { l10n } from "vscode";
import {
  type BaseLanguageClient,
  CloseAction,
  ErrorAction,
  type LanguageClientOptions,
  type Middleware,
  State,
} from "vscode-languageclient";
import { isLost, messageOf, showError } from "./messages.ts";

/** More ends than this within so long a time are no accident. */
const MOST_ENDS = 4;
const WITHIN_MS = 3 * 60_000;

type Restarts = Required<Pick<LanguageClientOptions, "errorHandler">> &
  Required<Pick<Middleware, "sendRequest">>;

/** Part of the options of the client that `find` finds once it is made. */
export function restartsOf(find: () => BaseLanguageClient): Restarts {
  let ends: number[] = [];

  async function offerStart(): Promise<void> {
    const again = l10n.t("Start Again");
    const text = l10n.t(
      "The language server of Haggle ended several times within minutes and is not running.",
    );
    if ((await showError(text, again)) !== again) return;
    ends = [];
    await find().start();
  }

  return {
    errorHandler: {
      // What could not be sent is lost with the connection, whose end comes here too.
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed() {
        const now = Date.now();
        ends = [...ends.filter((each) => now - each < WITHIN_MS), now];
        if (ends.length <= MOST_ENDS) return { action: CloseAction.Restart, handled: true };
        void offerStart().catch((cause: unknown) => showError(messageOf(cause)));
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    async sendRequest(type, param, token, next) {
      const client = find();
      // Each server has one of its own.
      const { initializeResult } = client;
      const isAnother = () => client.initializeResult !== initializeResult;
      try {
        return await next(type, param, token);
      } catch (cause) {
        if (!isLost(cause) || !(await isBack(client, isAnother))) throw cause;
        const given = [param, token].filter((each) => each !== undefined);
        return client.sendRequest(type as string, ...(given as unknown[] as [unknown]));
      }
    },
  };
}

/** Whether another server runs, as soon as that is known. */
function isBack(client: BaseLanguageClient, isAnother: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const listening = client.onDidChangeState(() => void look());
    void look();

    async function look(): Promise<void> {
      // One that is started again is stopped for no longer than this.
      await Promise.resolve();
      const isThere = client.state === State.Running && isAnother();
      const isGone = client.state === State.StartFailed || client.state === State.Stopped;
      if (!isThere && !isGone) return;
      listening.dispose();
      resolve(isThere);
    }
  });
}
