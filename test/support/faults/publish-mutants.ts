import { type Patch, patchSource, preload } from "./patch-source.ts";

// Servers with a known defect, which kills in the middle of a publish must show: one that is started with `envOf` loads this
// file first.

const RELEASES = "server/modules/releases";
/** Long enough for a kill to come in between. */
const LATER = "await new Promise((resolve) => setTimeout(resolve, 100));";

export const PUBLISH_MUTANTS = {
  /** Authors hear of it before it is durable. */
  hasty: {
    file: `${RELEASES}/publishing.ts`,
    edits: [
      [
        "const isNew = await database.transaction(async (tx) => {\n      if (!(await insertBundle(tx,",
        `const isNew = true;
    void database.transaction(async (tx) => {
      ${LATER}
      if (!(await insertBundle(tx,`,
      ],
    ],
  },
  /** What was done is written down afterwards. */
  unrecorded: {
    file: `${RELEASES}/publishing.ts`,
    edits: [
      [
        `await tell(tx, by, "release.stored", \`release:\${sha256}\`, { ...row });
      return true;
    });`,
        `return true;
    });
    ${LATER}
    if (isNew) await database.transaction((tx) => tell(tx, by, "release.stored", \`release:\${sha256}\`, { ...row }));`,
      ],
    ],
  },
  /** The first half of a bundle is stored. */
  torn: {
    file: `${RELEASES}/store.ts`,
    edits: [
      [
        "bundle.sha256, toBuffer(bundle.document), bundle.now",
        "bundle.sha256, toBuffer(bundle.document.subarray(0, bundle.document.length / 2)), bundle.now",
      ],
    ],
  },
  /** It goes by the channel document before the newest. */
  late: {
    file: `${RELEASES}/store.ts`,
    edits: [
      [
        "from channel_heads order by channel, kind",
        `from channel_documents where (channel, kind, edition) in
           (select channel, kind, greatest(edition - 1, 1) from channel_heads) order by channel, kind`,
      ],
    ],
  },
} satisfies Record<string, Patch>;

type Name = keyof typeof PUBLISH_MUTANTS;

const VARIABLE = "HAGGLE_PUBLISH_MUTANT";

export function envOf(name: Name): Record<string, string> {
  return { [VARIABLE]: name, ...preload(import.meta.filename) };
}

const name = process.env[VARIABLE] as Name | undefined;
if (name !== undefined) patchSource([PUBLISH_MUTANTS[name]]);
