import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Installed, REPO } from "./installed.ts";

// The modules of `consumer/`, in the project that has the packages: there they are checked and run against what is installed.

const SOURCES = join(REPO, "test/support/consumer");

/** Peers of entries with what renders them, and declarations that a project has anyway. */
export const PEERS = [
  ...["react", "react-dom", "@types/react", "@types/react-dom", "@types/node"],
  ...["@openfeature/server-sdk", "@openfeature/web-sdk"],
];

/** Modules that need some of that. All others stand without. */
const NEED_PEERS = ["sdk-react", "sdk-openfeature-web", "sdk-openfeature-server", "sdk-node", "server"];
const ALL_OF_THEM = ["page-entries", "node-entries", "in-page", "in-node"];

export const copyConsumer = ({ home }: Installed) => cp(SOURCES, join(home, "use"), { recursive: true });

export async function listStandalone(): Promise<string[]> {
  const modules = (await readdir(SOURCES)).map((file) => file.replace(/\.ts$/, ""));
  return modules.filter((name) => ![...NEED_PEERS, ...ALL_OF_THEM].includes(name));
}

export type Resolution = { module: string; moduleResolution: string };

/** Checks modules of `use/` and what they import, declarations of packages included, and makes JavaScript of them. */
export async function compileConsumer(
  { write, must }: Installed,
  modules: readonly string[],
  resolution: Resolution,
  types: readonly string[],
): Promise<void> {
  const config = {
    compilerOptions: {
      ...{ ...resolution, target: "es2024", lib: ["es2024", "dom"], types },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUnusedLocals: true, skipLibCheck: false },
      ...{ rootDir: "use", outDir: "used", rewriteRelativeImportExtensions: true },
    },
    files: modules.map((name) => `use/${name}.ts`),
  };
  await write("tsconfig.json", JSON.stringify(config));
  await must("node", join(REPO, "node_modules/typescript/bin/tsc"), "-p", ".");
}

/** What can be imported of the packages, by their own word. */
export async function listEntries({ home }: Installed, packages: readonly string[]): Promise<string[]> {
  const entries = packages.map(async (name) => {
    const { exports } = JSON.parse(await readFile(join(home, "node_modules", name, "package.json"), "utf8"));
    return Object.keys(exports)
      .filter((entry) => entry !== "./package.json")
      .map((entry) => entry.replace(".", name));
  });
  return (await Promise.all(entries)).flat().sort();
}

/** What the modules import of packages, each of which they use: the compiler complains of names that nobody uses. */
export async function listImported(): Promise<Set<string>> {
  const imported = new Set<string>();
  for (const file of await readdir(SOURCES)) {
    const text = await readFile(join(SOURCES, file), "utf8");
    for (const [, name] of text.matchAll(/^(?:import|\}).* from "([^".]+)";$/gm)) imported.add(name!);
  }
  return imported;
}
