import type { Verb } from "../main.ts";
import { STABLE } from "../release-folder.ts";
import { killAtServer } from "../remote/kill.ts";
import { usageError } from "../terminal.ts";
import { switchOff } from "../trust/kill.ts";
import { SIGNER_HELP } from "../trust/signer-flags.ts";

const IN_FOLDER = `Usage: haggle kill promotion|rule|release ID --key FILE | --signer COMMAND --public FILE
                   [--folder DIR] [--channel NAME] [--undo] [--reason TEXT] [--yes] [--json]

Without a server: writes the next version of the channel document into a release folder, signed by the online key, in one
step. Shows what will be priced then, and asks. Clients take it with their next look at the channel; run it where the server
has its folder, or copy channels/NAME.json to the CDN afterwards.

  ID              of a promotion or a rule in a release that the channel gives; of a release its digest, or how that begins
  --folder DIR    the release folder; releases/ in HAGGLE_DATA (.haggle/) when left out
  --channel NAME  ${STABLE} when left out
  --undo          switches it on again
  --reason TEXT   why; kept with what was done in the folder's .kills.ndjson, which is for the operator and not served
${SIGNER_HELP}
  --yes           asks nothing; needed where nobody can be asked`;

/** With `--url` or HAGGLE_URL at a server; in a release folder where one, or a key, is named. */
export const kill: Verb = {
  usage: `${killAtServer.usage}\n\n${IN_FOLDER}`,

  run(args, terminal) {
    const says = (...flags: string[]) => args.some((word) => flags.includes(word.split("=")[0]!));
    if (!terminal.env.HAGGLE_URL && !says("--url", "--folder", "--key", "--signer"))
      throw usageError(
        "Where? At a server: --url URL, or HAGGLE_URL. In a release folder: --key FILE, or --signer COMMAND --public FILE",
      );
    const isRemote = says("--url") || (terminal.env.HAGGLE_URL && !says("--folder", "--key", "--signer"));
    return isRemote ? killAtServer.run(args, terminal) : switchOff(args, terminal);
  },
};
