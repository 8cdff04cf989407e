import { chmod, copyFile, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HaggleError } from "@haggle/abi";
import { CI_FOLDER } from "./assets.ts";

const EXECUTABLE = 0o755;
const FILES = {
  github: { "github.yml": ".github/workflows/haggle.yml", "sign-release": "sign-release" },
} as const;

export type CiService = keyof typeof FILES;

export function isCiService(name: string): name is CiService {
  return Object.hasOwn(FILES, name);
}

/**
 * Writes the workflow of a continuous integration service into a project, and the signer that it calls.
 *
 * @throws HaggleError CLI_NOT_EMPTY for the first file that is there already; then nothing is written
 */
export async function writeCi(project: string, service: CiService): Promise<string[]> {
  const files = Object.entries(FILES[service]);
  for (const [, target] of files) {
    if (await isThere(join(project, target))) {
      throw new HaggleError("CLI_NOT_EMPTY", "The file is there already", { at: join(project, target) });
    }
  }
  for (const [source, target] of files) {
    await mkdir(dirname(join(project, target)), { recursive: true });
    await copyFile(join(CI_FOLDER, source), join(project, target));
    // npm may have left out that it is a program.
    if (!source.endsWith(".yml")) await chmod(join(project, target), EXECUTABLE);
  }
  return files.map(([, target]) => target);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
