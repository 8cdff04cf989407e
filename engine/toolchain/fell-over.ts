import type { Diagnostic } from "./diagnostics.ts";

/**
 * asc has sources that it falls over, such as enums in a circle; they are the author's to mend, not the end of whoever
 * watches files.
 */
export class FellOver extends Error {
  override readonly name = "FellOver";
  readonly diagnostics: Diagnostic[];

  constructor(diagnostics: Diagnostic[], cause: unknown) {
    super("asc fell over", { cause });
    this.diagnostics = diagnostics;
  }
}
