// Writes of a document that follow each other fast. An edit that was made for an older text than there is now is refused
// by VS Code, so each waits for the one before, and of those that wait only the newest is written.

/** Somebody else may write in between, but not for ever. */
const MAX_TRIES = 3;

/** `write` resolves to whether it was done. So does each call: false where the newest could not be written. */
export function createNewestWriter<T>(write: (value: T) => Promise<boolean>): (value: T) => Promise<boolean> {
  let waiting: { value: T } | undefined;
  let running: Promise<boolean> | undefined;

  async function run(): Promise<boolean> {
    let isDone = true;
    let tries = 0;
    let newest: { value: T } | undefined;
    while (waiting !== undefined || (!isDone && tries < MAX_TRIES)) {
      if (waiting !== undefined) tries = 0;
      newest = waiting ?? newest;
      waiting = undefined;
      tries += 1;
      isDone = await write(newest!.value);
    }
    return isDone;
  }

  return (value) => {
    waiting = { value };
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
