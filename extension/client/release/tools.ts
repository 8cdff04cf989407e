// What every command on a server needs.

import { type LogOutputChannel, l10n } from "vscode";
import type { Extension } from "../activate.ts";
import { showInformation } from "../messages.ts";
import type { Api } from "./api.ts";
import type { Board } from "./board.ts";
import type { Connection } from "./connection.ts";
import type { SigningKey } from "./signing-key.ts";
import type { Watcher } from "./watcher.ts";

export type Tools = {
  extension: Extension;
  connection: Connection;
  watcher: Watcher;
  signingKey: SigningKey;
  log: LogOutputChannel;
  /** Does something and shows what goes wrong with it. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
};

/**
 * What a command is about: an item of the tree, or what another command has said. Whoever has asked the person already
 * says so by `confirmed`.
 */
export type Target = {
  root?: string;
  release?: string;
  rollout?: string;
  channel?: string;
  percent?: number;
  reason?: string;
  confirmed?: boolean;
};

/** The server, which is connected to where it is not. Undefined where the person does not want to. */
export async function getApi({ connection }: Pick<Tools, "connection">): Promise<Api | undefined> {
  const api = connection.find();
  if (api !== undefined) return api;
  return (await connection.connect()) ? connection.find() : undefined;
}

/** What the server has now, and not what it had at the last look. @throws ServerError */
export async function lookNow({ watcher }: Pick<Tools, "watcher">): Promise<Board> {
  await watcher.refresh();
  const look = watcher.find();
  if (look.state === "board") return look.board;
  throw look.state === "failed" ? look.error : new Error(l10n.t("The server was left meanwhile."));
}

/** Says that a second person has to agree. */
export function tellWaiting(approval: string): void {
  void showInformation(
    l10n.t("It waits for a second person, as approval {0}. Nothing has changed yet.", approval),
  );
}
