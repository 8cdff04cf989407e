/** Rejects when the program cannot be started; whatever it does then is in the answer. */
export type RunProgram = (
  command: readonly string[],
  input: Uint8Array,
) => Promise<{ code: number; stdout: Uint8Array; stderr: string }>;
