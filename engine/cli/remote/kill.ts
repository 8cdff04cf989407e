// `haggle kill` at a server: one thing off for everybody at once, or on again.

import { parseArgs } from "node:util";
import { API_FLAGS, API_HELP, openApi } from "../api.ts";
import type { Verb } from "../main.ts";
import { STABLE } from "../release-folder.ts";
import { type Terminal, usageError } from "../terminal.ts";
import { confirm } from "../trust/ask.ts";
import { digestOfRelease } from "./release-argument.ts";

const FLAGS = {
  ...API_FLAGS,
  channel: { type: "string" },
  undo: { type: "boolean" },
  reason: { type: "string" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
} as const;

const KINDS = ["promotion", "rule", "release"] as const;
const NO_REASON = "no reason given";

type Answer = { channel: string; version: number; off: Record<string, string[]> } | { approval: string };

export const killAtServer: Verb = {
  usage: `Usage: haggle kill promotion|rule|release ID --url URL [--channel NAME] [--undo] [--reason TEXT] [--yes]

Switches a promotion, all promotions of a rule, or a whole release off, for everybody on a channel, at once: the
server signs the next channel document, and tells every client that is connected. Nobody's approval stands before it;
--undo waits for a second person where the channel wants two. A rollout of a release that is switched off ends. What
is off stays off over new releases, until --undo.

  ID              of a promotion or a rule in a release that the channel gives; of a release its digest, or its file
  --channel NAME  ${STABLE} when left out
  --undo          switches it on again
  --reason TEXT   why, for the audit log
${API_HELP}
  --json           prints what the server answers
  --yes           asks nothing; needed where nobody can be asked`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
    const [word, given, ...more] = positionals;
    const kind = KINDS.find((known) => known === word);
    if (kind === undefined || given === undefined || more.length > 0) {
      throw usageError("kill promotion, rule or release, and its id", positionals.join(" "));
    }
    const { channel = STABLE, undo: isUndo = false, reason = NO_REASON } = values;
    const server = await openApi(terminal, values);
    const id = kind === "release" ? await digestOfRelease(terminal, given) : given;
    const question = `Switch ${kind} ${id} ${isUndo ? "on again" : "off"} for everybody on ${channel}?`;
    if (!values.yes && !(await confirm(terminal, question))) return 1;
    const target = { kind, id, channel, reason };
    const answer = (await (isUndo
      ? server.ask("DELETE", `/v1/kills?${new URLSearchParams(target)}`)
      : server.ask("POST", "/v1/kills", { ...target, confirm: true }))) as Answer;
    report(terminal, answer, `${kind} ${id} is ${isUndo ? "on again" : "off"}`, values.json === true);
    return 0;
  },
};

function report(terminal: Terminal, answer: Answer, what: string, json: boolean): void {
  if (json) terminal.out(JSON.stringify(answer));
  else if ("approval" in answer) terminal.out(`waits for a second person: approval ${answer.approval}`);
  else terminal.out(`${what}: channel ${answer.channel} ${answer.version} says so`);
}
