import type { Verb } from "../main.ts";
import { usageError } from "../terminal.ts";
import { publish } from "../trust/release-publish.ts";
import { sign } from "../trust/release-sign.ts";
import { inspect, verify } from "../trust/release-verify.ts";
import { SIGNER_HELP } from "../trust/signer-flags.ts";

const JSON_FLAG = "  --json           the same as JSON";

const SIGN = `shows what is signed and what it changes, asks, and signs what is due next: the bundle while that
lacks signatures, then the release. FILE may be any document: a root, a channel, prices. Tells who is still needed.

  --root FILE      the root that is served; the draft's own when left out, for a new root it is the one before
${SIGNER_HELP}
  --yes            asks nothing
  --json           what was signed and who is still needed, as JSON; needs --yes`;

export const release: Verb = {
  usage: `Usage: haggle release draft [PROJECT] --root FILE [--previous DIGEST|PATH|URL] [--version N] [--expires WHEN] [--out DIR] [--json]
       haggle release sign|cosign DRAFT|FILE --key FILE | --signer COMMAND --public FILE [--root FILE] [--yes] [--json]
       haggle release inspect DRAFT|FILE [--json]
       haggle release verify DRAFT|FILE --root FILE [--project DIR] [--now WHEN] [--json]
       haggle release publish DRAFT|ROOT --folder DIR [--root FILE] [--channel-key FILE ...] [--channel NAME] [--json]

draft    builds a project into a folder with an unsigned bundle and an unsigned release, to be passed around.
sign     shows what is signed and what it changes, asks, and signs what is due next. Tells who is still needed.
cosign   the same, for what somebody has signed before.
inspect  prints any document. Verifies nothing.
verify   holds everything against the root: signatures by enough keys, digests, times, the bundle's profile, the table.
publish  verifies, and writes bundle, release and root into the folder that is served, and a channel document that gives
         the release to everybody, signed by the online key. A root alone is published so too.

haggle release draft --help, and so on, tells the flags of each.`,

  pages: {
    draft: `Usage: haggle release draft [PROJECT] --root FILE [--previous DIGEST|PATH|URL] [--version N] [--expires WHEN] [--out DIR] [--json]

Builds a project into a folder with an unsigned bundle and an unsigned release, to be passed around, and tells what changes.

  --root FILE      the root that is served
  --previous FROM  the release before: a digest, a file, a draft, a served folder, or the address of a server
  --channel NAME   whose release, of a server; stable when left out
  --folder DIR     the release folder that has the release of that digest; without it, say --version
  --version N      of the release; when left out one more than the previous, and than all that the server holds, where that is
                   on this machine or at HAGGLE_URL and its key at hand (HAGGLE_KEY, or admin.key in HAGGLE_DATA)
  --expires WHEN   a date, or a time like 90d; a year when left out
  --out DIR        where to write; PROJECT/draft when left out. Never overwrites one
${JSON_FLAG}`,

    sign: `Usage: haggle release sign DRAFT|FILE --key FILE | --signer COMMAND --public FILE [--root FILE] [--yes] [--json]

Signs: ${SIGN}`,

    cosign: `Usage: haggle release cosign DRAFT|FILE --key FILE | --signer COMMAND --public FILE [--root FILE] [--yes] [--json]

Signs what somebody has signed before: ${SIGN}`,

    inspect: `Usage: haggle release inspect DRAFT|FILE [--json]

Prints any document: a draft, a release, a root, a channel, prices, a receipt, and whose names stand on it. Of a release also
those on its bundle, where that lies beside it or in the same release folder. Verifies nothing.

${JSON_FLAG}`,

    verify: `Usage: haggle release verify DRAFT|FILE --root FILE [--project DIR] [--now WHEN] [--json]

Holds everything against the root: signatures by enough keys, digests, times, the bundle's profile, the table. Exits with 1
and a code when something does not hold, and says who is missing where signatures are.

  --root FILE      the root that is served; of a new root, the one before
  --project DIR    builds that project again and compares the bundle byte for byte, and the release with it
  --now WHEN       verifies as of then
${JSON_FLAG}`,

    publish: `Usage: haggle release publish DRAFT --folder DIR [--root FILE] [--channel-key FILE ...] [--channel NAME] [--min-release N]
                              [--expires WHEN] [--new-channel] [--older] [--leave-short] [--json]
       haggle release publish ROOT --folder DIR [--leave-short] [--json]

Verifies, and writes bundle, release and root into the folder that is served, and a channel document that gives the release
to everybody, signed by the online key. A root alone is published so too. Nothing is written when anything is wrong.

  --folder DIR     the release folder: root.json, roots/, channels/, releases/, bundles/
  --root FILE      a root to publish with it, the folder's first or next one; the one in the folder when left out
  --channel NAME   stable when left out
  --channel-key FILE, --channel-signer COMMAND, --channel-public FILE  the online key; without one no channel is written
  --passphrase-file FILE  first line: the passphrase of an encrypted key; - for standard input
  --min-release N  releases below this are refused by every client; as it was when left out
  --expires WHEN   of the channel document: a date, or a time like 12h; a day when left out
  --new-channel    begins the channel anew, with nothing switched off, when the served one does not verify
  --older          publishes a release that is no newer than the live one: a rollback that is meant
  --leave-short    publishes a root under which a live release has too few signatures: who comes for the first time gets
                   nothing until there is another
${JSON_FLAG}`,
  },

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
