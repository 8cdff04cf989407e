import type { BaseLanguageClient } from "vscode-languageclient";
import { SAY } from "../shared/protocol.ts";

/** A sentence under a code of Haggle's. */
export type Said = { code: string; message: string };

/** What a server or a key has to say, in the language of the editor: the language server has the words for it. */
export async function say(client: BaseLanguageClient, { code, message }: Said): Promise<string> {
  try {
    return await client.sendRequest<string>(SAY, { code, message });
  } catch {
    // One that has stopped says by itself that it has; this is better in English than not at all.
    return message;
  }
}
