import type { Verb } from "../main.ts";
import { usageError } from "../terminal.ts";
import { publish } from "../trust/release-publish.ts";
import { sign } from "../trust/release-sign.ts";
import { inspect, verify } from "../trust/release-verify.ts";
import { SIGNER_HELP } from "../trust/signer-flags.ts";

export const release: Verb = {
  usage: `Usage: haggle release draft [PROJECT] --root FILE [--previous DIGEST|PATH] [--version N] [--expires WHEN] [--out DIR] [--json]
       haggle release sign|cosign DRAFT|FILE --key FILE | --signer COMMAND --public FILE [--root FILE] [--yes] [--json]
       haggle release inspect DRAFT|FILE [--json]
       haggle release verify DRAFT|FILE --root FILE [--project DIR] [--now WHEN] [--json]
       haggle release publish DRAFT|ROOT --folder DIR [--root FILE] [--channel-key FILE ...] [--channel NAME] [--new-channel] [--older] [--json]

draft    builds a project into a folder with an unsigned bundle and an unsigned release, to be passed around.
sign     shows what is signed and what it changes, asks, and signs what is due next: the bundle while that lacks
         signatures, then the release. FILE may be any document: a root, a channel, prices. Tells who is still needed.
cosign   the same, for what somebody has signed before.
inspect  prints any document. Verifies nothing.
verify   holds everything against the root: signatures by enough keys, digests, times, the bundle's profile, the table.
publish  verifies, and writes bundle, release and root into the folder that is served, and a channel document that gives
         the release to everybody, signed by the online key. A root alone is published so too.

  --root FILE      the root that is served; sign takes the draft's own when left out, for a new root it is the one before
  --previous PATH  the release before: a digest, a file, a draft or a served folder
  --version N      of the release; one more than the previous when left out
  --expires WHEN   a date, or a time like 90d: a year for a release, a day for a channel document when left out
  --project DIR    builds that project again and compares the bundle byte for byte, and the release with it
  --now WHEN       verifies as of then
  --folder DIR     the release folder: root.json, roots/, channels/, releases/, bundles/
  --channel NAME   stable when left out
  --channel-key FILE, --channel-signer COMMAND, --channel-public FILE  the online key; without one no channel is written
  --min-release N  releases below this are refused by every client; as it was when left out
  --new-channel    begins the channel anew, with nothing switched off, when the served one does not verify
  --older          publishes a release that is no newer than the live one: a rollback that is meant
${SIGNER_HELP}
  --yes            asks nothing`,

  async run(args, terminal) {
    const [action, ...rest] = args;
    switch (action) {
      case "draft": // loads the compiler, which no other one needs
        return (await import("../trust/release-draft.ts")).draft(rest, terminal);
      case "sign":
      case "cosign":
        return sign(rest, terminal, action === "cosign");
      case "inspect":
        return inspect(rest, terminal);
      case "verify":
        return verify(rest, terminal);
      case "publish":
        return publish(rest, terminal);
      default:
        throw usageError("release draft, sign, cosign, inspect, verify or publish", action);
    }
  },
};
