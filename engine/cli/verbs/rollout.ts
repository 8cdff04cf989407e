// `haggle rollout`: moves a channel to another release by steps, at a server.

import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { HaggleError } from "@haggle/abi";
import { API_FLAGS, API_HELP, type Api, openApi } from "../api.ts";
import { getFile, getJson } from "../files.ts";
import type { Verb } from "../main.ts";
import { STABLE } from "../release-folder.ts";
import { digestOfRelease } from "../remote/release-argument.ts";
import { details, event, headline, isLive, percent, type Rollout } from "../remote/rollout-text.ts";
import { parseShare, parseSteps, STEP_FLAGS, STEP_HELP } from "../remote/steps.ts";
import { printable, shortDigest, type Terminal, usageError } from "../terminal.ts";
import { confirm } from "../trust/ask.ts";

const FLAGS = {
  ...API_FLAGS,
  ...STEP_FLAGS,
  channel: { type: "string" },
  gates: { type: "string" },
  older: { type: "boolean" },
  reason: { type: "string" },
  share: { type: "string" },
  units: { type: "string" },
  watch: { type: "boolean" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>["values"];

/** What the server waits for before it does it: a second person has to say yes. */
export type Waiting = { approval: string };

const VERBS = ["pause", "resume", "promote", "rollback", "approve"] as const;
const WATCH_MS = 1_000;

export const rollout: Verb = {
  usage: `Usage: haggle rollout start RELEASE [--channel NAME] [--steps LIST] [--soak SPAN] [--min-samples N]
                     [--approve-before LIST] [--gates FILE] [--older] [--reason TEXT] [--watch]
       haggle rollout status [ID] [--watch]
       haggle rollout pause|resume|approve [ID] [--reason TEXT]
       haggle rollout promote|rollback [ID] --reason TEXT [--yes]
       haggle rollout preview RELEASE --share PERCENT [--units FILE]

Moves a channel from its release to another by steps. The server looks at its gates every 10 s, in every state, and takes
the release back by itself when one fails. RELEASE is a digest, or a draft, a build or a file of a release that the server
holds already; haggle publish brings it there. ID is that of the channel's rollout when left out.

start     begins with the first step.
status    what it has come to, with its gates and its history; of all, the newest first, where the channel has none.
pause     stays at this share; resume lets the step soak anew. approve says yes to the step that waits for it.
promote   gives the release to everybody now, over all gates. rollback takes it back from everybody now.
preview   who would move at a share: how many buckets, and which of the units. Changes nothing.

${STEP_HELP}
  --gates FILE     JSON that says otherwise than the server's gates
  --older          a release that is not newer than the channel's is meant
  --watch          stays until the rollout is over; ends with 1 when it was taken back
  --share PERCENT  as in 5 or 0.5
  --units FILE     a unit to a line
  --channel NAME   ${STABLE} when left out
${API_HELP}
  --json           prints what the server answers
  --yes            asks nothing before promote`,

  async run(args, terminal) {
    const { values, positionals } = parse(args);
    const [action, given, ...more] = positionals;
    if (more.length > 0) throw usageError(`rollout ${action} takes one argument`, more[0]);
    const verb = VERBS.find((one) => one === action);
    if (verb === undefined && action !== "start" && action !== "status" && action !== "preview") {
      throw usageError("rollout start, status, pause, resume, promote, rollback, approve or preview", action);
    }
    const server = await openApi(terminal, values);
    if (verb !== undefined) return act(terminal, server, verb, given, values);
    if (action === "status") return status(terminal, server, given, values);
    if (given === undefined) throw usageError(`rollout ${action} needs a release`);
    const to = await digestOfRelease(terminal, given);
    if (action === "preview") return preview(terminal, server, to, values);
    return followStart(terminal, server, await startRollout(terminal, server, to, values), values);
  },
};

function parse(args: string[]) {
  return parseArgs({ args, allowPositionals: true, options: FLAGS });
}

type StartValues = Pick<Values, "channel" | "gates" | "older" | "reason" | keyof typeof STEP_FLAGS>;

export async function startRollout(
  terminal: Terminal,
  server: Api,
  to: string,
  values: StartValues,
): Promise<Rollout | Waiting> {
  const { channel = STABLE, reason } = values;
  const steps = parseSteps(values);
  const gates = values.gates === undefined ? undefined : await getJson(resolve(terminal.cwd, values.gates));
  const body = {
    channel,
    to,
    ...(values.older && { older: true }),
    ...(steps && { steps }),
    ...(gates !== undefined && { gates }),
    ...(reason !== undefined && { reason }),
  };
  return (await server.ask("POST", "/v1/rollouts", body)) as Rollout | Waiting;
}

export async function followStart(
  terminal: Terminal,
  server: Api,
  started: Rollout | Waiting,
  values: Pick<Values, "json" | "watch">,
): Promise<number> {
  if ("approval" in started || !values.watch) return tell(terminal, started, values);
  return watch(terminal, server, started, values);
}

async function status(
  terminal: Terminal,
  server: Api,
  id: string | undefined,
  values: Values,
): Promise<number> {
  const found = id ?? (await findLive(server, values.channel ?? STABLE))?.id;
  if (found !== undefined) {
    const one = await getRollout(server, found);
    return values.watch ? watch(terminal, server, one, values) : tell(terminal, one, values);
  }
  const list = await listRollouts(server, values.channel);
  if (values.json) terminal.out(JSON.stringify(list));
  else for (const one of list) terminal.out(headline(one));
  if (list.length === 0 && !values.json) terminal.out("no rollout yet");
  return 0;
}

async function act(
  terminal: Terminal,
  server: Api,
  verb: (typeof VERBS)[number],
  given: string | undefined,
  values: Values,
): Promise<number> {
  const { channel = STABLE, reason } = values;
  const isFinal = verb === "promote" || verb === "rollback";
  if (isFinal && reason === undefined)
    throw usageError(`rollout ${verb} needs --reason TEXT, for the audit log`);
  const id = given ?? (await findLive(server, channel))?.id;
  if (id === undefined) {
    throw new HaggleError("SERVER_UNKNOWN_ROLLOUT", "The channel has no rollout under way", {
      at: "channel",
      value: channel,
    });
  }
  if (verb === "promote" && !values.yes) {
    terminal.err(headline(await getRollout(server, id)));
    if (!(await confirm(terminal, "Give it to everybody now, over all gates?"))) return 1;
  }
  const body = reason === undefined ? {} : { reason };
  const path = `/v1/rollouts/${encodeURIComponent(id)}/${verb}`;
  return tell(terminal, (await server.ask("POST", path, body)) as Rollout | Waiting, values);
}

async function preview(terminal: Terminal, server: Api, to: string, values: Values): Promise<number> {
  const { channel = STABLE, share, units: unitsFile } = values;
  if (share === undefined) throw usageError("rollout preview needs --share PERCENT");
  const units =
    unitsFile === undefined ? undefined : linesOf(await getFile(resolve(terminal.cwd, unitsFile)));
  const body = { channel, to, weightBp: parseShare("--share", share), ...(units && { units }) };
  const answer = (await server.ask("POST", "/v1/rollouts/preview", body)) as Preview;
  if (values.json) {
    terminal.out(JSON.stringify(answer));
    return 0;
  }
  const { moved, buckets, warnings } = answer;
  const who =
    moved === undefined
      ? "how many move depends on who they are"
      : `${percent((moved / buckets) * 10_000)} of shoppers move`;
  terminal.out(
    `${channel} at ${percent(answer.weightBp)}: ${who}, ${shortDigest(answer.from)} to ${shortDigest(answer.to)}`,
  );
  for (const warning of warnings) terminal.out(terminal.paint("yellow", warning));
  for (const { unit, before, after, moves } of answer.units) {
    const way = moves ? `${shown(before)} -> ${shown(after)}` : `stays on ${shown(after)}`;
    terminal.out(`  ${printable(unit)}: ${way}`);
  }
  return 0;
}

type Preview = {
  from: string;
  to: string;
  weightBp: number;
  buckets: number;
  moved?: number;
  warnings: string[];
  units: { unit: string; before: string | null; after: string | null; moves: boolean }[];
};

/** Until it is over or the person stops: each turn it takes, a line. */
async function watch(
  terminal: Terminal,
  server: Api,
  first: Rollout,
  { json }: Pick<Values, "json">,
): Promise<number> {
  const stopped = terminal.untilStopped();
  let told = 0;
  let one = await getRollout(server, first.id);
  if (!json) terminal.out(headline(one));
  for (;;) {
    const history = one.history ?? [];
    for (const turn of history.slice(told)) terminal.out(json ? JSON.stringify(turn) : event(turn));
    told = history.length;
    if (!isLive(one) || stopped.aborted) break;
    await wait(WATCH_MS, undefined, { signal: stopped }).catch(() => {});
    if (stopped.aborted) break;
    one = await getRollout(server, first.id);
  }
  return one.state === "rolled_back" || one.state === "superseded" ? 1 : 0;
}

function tell(terminal: Terminal, answer: Rollout | Waiting, { json }: Pick<Values, "json">): number {
  if (json) terminal.out(JSON.stringify(answer));
  else if ("approval" in answer) terminal.out(`waits for a second person: approval ${answer.approval}`);
  else for (const line of [headline(answer), ...details(answer)]) terminal.out(line);
  return 0;
}

async function getRollout(server: Api, id: string): Promise<Rollout> {
  return (await server.ask("GET", `/v1/rollouts/${encodeURIComponent(id)}`)) as Rollout;
}

async function listRollouts(server: Api, channel: string | undefined): Promise<Rollout[]> {
  const query = channel === undefined ? "" : `?channel=${encodeURIComponent(channel)}`;
  return ((await server.ask("GET", `/v1/rollouts${query}`)) as { rollouts: Rollout[] }).rollouts;
}

async function findLive(server: Api, channel: string): Promise<Rollout | undefined> {
  return (await listRollouts(server, channel)).find(isLive);
}

function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line !== "");
}

function shown(release: string | null): string {
  return release === null ? "nothing" : shortDigest(release);
}
