import { HaggleError } from "@haggle/abi";

/** What work gives, or the error with a code that it throws. */
export function attempt<T>(work: () => T): T | HaggleError {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof HaggleError) return cause;
    throw cause;
  }
}
