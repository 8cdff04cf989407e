import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { getFile } from "../files.ts";
import type { Verb } from "../main.ts";
import { STABLE } from "../release-folder.ts";
import { counted, printable, type Terminal, usageError } from "../terminal.ts";
import { type Audit, audit } from "../trust/audit.ts";
import { auditAnswers, auditFiles, channelsIn } from "../trust/audit-place.ts";
import { openTree } from "../trust/audit-tree.ts";
import type { Finding } from "../trust/findings.ts";
import { parseMoment, showMoment } from "../trust/life.ts";

export const cdn: Verb = {
  usage: `Usage: haggle cdn audit URL|DIR --root FILE [--channel NAME ...] [--now WHEN] [--json]

Looks at a release folder, or at the copy of one behind a web server, from outside, as clients do and with distrust:
the chain of roots from the first to the newest, every channel, the releases of all its arms, their bundles with digest,
signatures, profile and table, prices and their bounds. Then at what only shows from above: gaps, keys that are both on a
server and with people, promises that run out soon, and in a folder the files that nothing names, of a web server the
headers (caching, other origins, 404).

  --root FILE      a root that you trust: the newest, or an older one, from which the chain is followed
  --channel NAME   a channel to look at; of a folder all when left out, of a web server ${STABLE}
  --now WHEN       as of then

Exits with 1 when there is an error. Warnings alone are 0.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        root: { type: "string" },
        channel: { type: "string", multiple: true },
        now: { type: "string" },
        json: { type: "boolean" },
      },
    });
    const [action, place, ...more] = positionals;
    if (action !== "audit" || place === undefined || more.length > 0) {
      throw usageError("cdn audit URL|DIR --root FILE", positionals.join(" "));
    }
    if (values.root === undefined) throw usageError("cdn audit needs --root FILE, a root that you trust");
    const cwd = (path: string) => resolve(terminal.cwd, path);
    const root = await getFile(cwd(values.root));
    const tree = await openTree(place, cwd);
    const channels = values.channel ?? (await channelsIn(tree)) ?? [STABLE];
    const now = values.now === undefined ? Date.now() : parseMoment("--now", values.now);
    const found = await audit({ tree, root, channels, now });
    const findings = [
      ...found.findings,
      ...(channels.length === 0 ? [NO_CHANNEL] : []),
      ...(await auditFiles(tree)),
      ...(await auditAnswers(tree, found)),
    ];
    const ok = !findings.some(({ severity }) => severity === "error");
    if (values.json) printJson(terminal, found, findings, ok);
    else print(terminal, found, findings);
    return ok ? 0 : 1;
  },
};

const NO_CHANNEL: Finding = {
  severity: "error",
  code: "CLI_AUDIT",
  path: "channels",
  message: "no channel: there is nothing that a client could follow",
};

function print(terminal: Terminal, { root, channels, releases, bundles }: Audit, findings: Finding[]): void {
  const { paint } = terminal;
  for (const { severity, code, path, message } of findings) {
    const label = severity === "error" ? paint("red", `error ${code}`) : paint("yellow", `warning ${code}`);
    terminal.out(`${label} ${printable(path)}: ${printable(message)}`);
  }
  const errors = findings.filter(({ severity }) => severity === "error").length;
  for (const { channel, version, expires } of channels) {
    terminal.out(`channel ${channel} ${version}, until ${showMoment(expires)}`);
  }
  terminal.out(
    `root ${root}, ${counted(channels.length, "channel")}, ${counted(releases.size, "release")}, ${counted(bundles.size, "bundle")}`,
  );
  terminal.out(`${counted(errors, "error")}, ${counted(findings.length - errors, "warning")}`);
}

function printJson(
  terminal: Terminal,
  { root, channels, releases, bundles }: Audit,
  findings: Finding[],
  ok: boolean,
): void {
  const seen = channels.map(({ channel, version, expires }) => ({ name: channel, version, expires }));
  const facts = { ok, root, channels: seen, releases: [...releases], bundles: [...bundles], findings };
  terminal.out(JSON.stringify(facts, null, 2));
}
