// `haggle publish`: a signed release to a server, and from there to shoppers.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { refuse } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { API_FLAGS, API_HELP, type Api, openApi } from "../api.ts";
import type { Verb } from "../main.ts";
import { STABLE } from "../release-folder.ts";
import { counted, shortDigest, usageError } from "../terminal.ts";
import { type DraftFolder, readDraft } from "../trust/draft-folder.ts";
import { followStart, startRollout } from "./rollout.ts";
import { STEP_FLAGS, STEP_HELP } from "./steps.ts";

const FLAGS = {
  ...API_FLAGS,
  ...STEP_FLAGS,
  channel: { type: "string" },
  rollout: { type: "boolean" },
  gates: { type: "string" },
  older: { type: "boolean" },
  reason: { type: "string" },
  watch: { type: "boolean" },
  json: { type: "boolean" },
} as const;

export const publish: Verb = {
  usage: `Usage: haggle publish DRAFT --url URL [--rollout [--steps LIST] ...] [--channel NAME] [--reason TEXT]

Brings a signed release to a server, which verifies it in full: the bundle first, then the release that names it. Both are
known by their digests, so a publish that broke off is said again. Without --rollout nobody gets it yet.

DRAFT is a folder with bundle.wasm and release.json, as haggle release sign and haggle build leave it.

  --rollout        starts a rollout of it: see haggle rollout --help
${STEP_HELP}
  --gates FILE     JSON that says otherwise than the server's gates
  --older          a release that is not newer than the channel's is meant
  --watch          stays until the rollout is over; ends with 1 when it was taken back
  --channel NAME   ${STABLE} when left out
${API_HELP}
  --json           prints what the server answers`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
    const [given, ...more] = positionals;
    if (given === undefined || more.length > 0) throw usageError("publish takes one draft", more[0]);
    if (!values.rollout) {
      const stray = [...Object.keys(STEP_FLAGS), "gates", "watch"].find((flag) =>
        Object.hasOwn(values, flag),
      );
      if (stray !== undefined) throw usageError(`--${stray} goes with --rollout`);
    }
    const server = await openApi(terminal, values);
    const draft = await readDraft(resolve(terminal.cwd, given));
    const { sha256, document } = draft.release;
    await upload(server, draft);
    const uploaded = { release: sha256, version: document.version, bundle: document.bundles[0]!.sha256 };
    if (!values.json) {
      const { length } = document.promotions;
      terminal.out(
        `${server.url}: release ${document.version} ${shortDigest(sha256)}, ${counted(length, "promotion")}`,
      );
    } else if (!values.rollout) terminal.out(JSON.stringify(uploaded));
    if (!values.rollout) return 0;
    return followStart(terminal, server, await startRollout(terminal, server, sha256, values), values);
  },
};

/** The bundle first: a release is refused whose bundle is not there. */
async function upload(server: Api, { bundle, release }: DraftFolder): Promise<void> {
  const digest = await sha256Hex(bundle);
  const named = release.document.bundles[0]!.sha256;
  if (named !== digest) throw refuse("ENGINE_BUNDLE_MISMATCH", "release.bundles[0].sha256", named);
  await server.ask("PUT", `/v1/bundles/${digest}`, bundle);
  await server.ask("POST", "/v1/releases", JSON.parse(new TextDecoder().decode(release.bytes)) as object);
}
