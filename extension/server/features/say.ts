// What a server of the shop or a key has to say, under a code of Haggle's, for the half in VS Code, which has no words for it.

import { SAY } from "../../shared/protocol.ts";
import type { Server } from "../serve.ts";
import { type Said, say } from "../words/say.ts";

export function registerSay({ answer, locale }: Server): void {
  answer<Said, string>(SAY, (said) => say(said, locale()));
}
