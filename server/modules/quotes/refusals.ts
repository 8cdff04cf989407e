import { HaggleError } from "@haggle/abi";

/** A refusal that tells more than one place: its answer has `beside` next to the error. */
export class QuoteRefusal extends HaggleError {
  readonly beside: object;

  constructor(
    code: HaggleError["code"],
    { at, value, beside }: { at: string; value?: unknown; beside: object },
  ) {
    super(code, code, { at, value });
    this.beside = beside;
  }

  /** By its field, as every room has a class of its own. */
  static override [Symbol.hasInstance](value: unknown): value is QuoteRefusal {
    return value instanceof Error && "beside" in value;
  }
}
