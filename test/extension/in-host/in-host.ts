// Tests that run inside of a real VS Code, with its own API: each file of this folder exports some. They are bundled into
// one script, which VS Code loads as its extension tests (test/support/in-host.ts), in Node and in the web.

/** A test passes when it resolves. They run one after another, in the order of files and tests. */
export type InHostTest = { name: string; run(): Promise<void> };

/** Put in place by the bundle. */
declare const IN_HOST_SETTINGS: Readonly<Record<string, string>>;

/** What the run was started with, such as the address of a server. */
export function readSetting(name: string): string {
  const value = IN_HOST_SETTINGS[name];
  if (value === undefined) throw new Error(`the run has no setting ${name}`);
  return value;
}

const PATIENCE_MS = 60_000;
const POLL_MS = 50;

/** Waits until something is there; `what` says in a failure what did not come. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | Thenable<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The web host has no `node:assert`. */
export function check(isSo: unknown, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}

/** Compares plain values, by their JSON. */
export function same(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(is === should, `${is} should be ${should}`);
}
