import { rm } from "node:fs/promises";

/**
 * Removes a test's folder and what is in it, also while a program that was killed a moment ago still ends in there: the
 * embedded PostgreSQL of a server under signal 9 notices it by its closed input, and writes a last file.
 */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
