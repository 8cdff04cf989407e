// Bundles the pages that the extension shows in webviews: one script and one style each.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

const ROOM = fileURLToPath(new URL("../extension/", import.meta.url));
const PAGES = ["cart-view", "conflict-view"];

/** Writes `out/pages/<name>.js` and `.css` from `pages/<name>/main.ts` and `style.css`. */
export async function buildPages(out: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOM,
    entryPoints: PAGES.flatMap((page) => [
      { in: `pages/${page}/main.ts`, out: page },
      { in: `pages/${page}/style.css`, out: page },
    ]).filter((entry) => existsSync(join(ROOM, entry.in))),
    outdir: join(out, "pages"),
    bundle: true,
    platform: "browser",
    format: "iife",
    target: "es2022",
    conditions: ["haggle-source"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  return metafile;
}
