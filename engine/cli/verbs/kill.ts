import type { Verb } from "../main.ts";
import { STABLE } from "../release-folder.ts";
import { switchOff } from "../trust/kill.ts";
import { SIGNER_HELP } from "../trust/signer-flags.ts";

export const kill: Verb = {
  usage: `Usage: haggle kill promotion|rule|release ID --key FILE | --signer COMMAND --public FILE
                   [--folder DIR] [--channel NAME] [--undo] [--note TEXT] [--yes] [--json]

Switches a promotion, all promotions of a rule, or a whole release off, for everybody on a channel: writes the next version
of the channel document, signed by the online key, in one step. Shows what will be priced then, and asks. Clients take it
with their next look at the channel, in whichever release they are; what is off stays off over new releases, until --undo.

It acts on a release folder: run it where the server has its folder, or copy channels/NAME.json to the CDN afterwards. A
server that serves the folder takes it up at once. (A server's API for it comes later.)

  ID              of a promotion or a rule in a release that the channel gives; of a release its digest, or how that begins
  --folder DIR    the release folder; releases/ in HAGGLE_DATA (.haggle/) when left out
  --channel NAME  ${STABLE} when left out
  --undo          switches it on again
  --note TEXT     why; kept with what was done in the folder's .kills.ndjson, which is for the operator and not served
${SIGNER_HELP}
  --yes           asks nothing; needed where nobody can be asked`,

  run: switchOff,
};
