// Diagnostics at places in asc's syntax tree, and asc's own diagnostics in our terms.

import type { AscDiagnostic, AscNode, AscRange, AscSource } from "./asc.ts";
import { bySource, type Diagnostic, diagnosticOf, formatDiagnostic, hintOf } from "./diagnostics.ts";
import { nearestTo } from "./did-you-mean.ts";
import { castsTo } from "./fixes.ts";
import { placeOf } from "./places.ts";
import { hasFlag, isClass } from "./syntax.ts";

/** A diagnostic about a piece of source. */
export function diagnosticAt(
  node: AscNode | AscRange,
  code: Diagnostic["code"],
  message: string,
  hint?: string,
): Diagnostic {
  return { severity: "error", code, message, ...placeOf(node), ...hintOf(code, hint) };
}

const ASC_WARNING = 2;
const ASC_ERROR = 3;

// asc's own codes (diagnosticMessages.json) whose cause is usually not what their text says.
const OPERATION_IS_UNSAFE = 101;
const NOT_IMPLEMENTED = 100;
const CANNOT_BE_ASSIGNED = 2322;
const CONVERSION_REQUIRES_CAST = 200;
const CANNOT_ASSIGN = 2540;
const CANNOT_FIND_NAME = 2304;
const MUST_RETURN = 2355;
const NO_SUCH_PROPERTY = 2339;
const FILE_NOT_FOUND = 6054;

/**
 * asc's diagnostics in our terms, without its remarks and pedantry, in source order. `sources` are those of the program, by whose
 * classes it is told what may have been meant.
 */
export function fromAsc(
  diagnostics: AscDiagnostic[],
  phase: Phase,
  sources: readonly AscSource[] = [],
): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.category < ASC_WARNING) continue;
    const mapped = mapOne(diagnostic, phase, sources);
    // asc compiles loop bodies more than once and says the same thing each time.
    found.set(formatDiagnostic(mapped), mapped);
  }
  return [...found.values()].sort(bySource);
}

function mapOne(diagnostic: AscDiagnostic, phase: Phase, sources: readonly AscSource[]): Diagnostic {
  // An error inside the library that a rule caused is shown where the rule stands.
  const ranges = [diagnostic.range, diagnostic.relatedRange].filter((range) => range !== null);
  const range = ranges.find((each) => !each.source.isLibrary) ?? ranges[0];
  const { code, message, hint } = explain(diagnostic, phase, sources);
  if (range === undefined) return diagnosticOf("", code, message, hint);
  const [other] = ranges.filter((each) => each !== range && !each.source.isLibrary);
  const cast = diagnostic.code === CONVERSION_REQUIRES_CAST && / to '([iu](?:8|16|32|64))'/.exec(message);
  const mapped: Diagnostic = {
    ...diagnosticAt(range, code, message, hint),
    ...(other && { related: [{ ...placeOf(other), message: "this is the other place" }] }),
    ...(cast && { fixes: castsTo(range, cast[1]!) }),
  };
  return diagnostic.category === ASC_ERROR ? mapped : { ...mapped, severity: "warning" };
}

type Phase = "BUILD_SYNTAX" | "BUILD_TYPE";

/** asc's words where they say it well, ours and a way out where they do not. */
function explain(
  { code, message }: AscDiagnostic,
  phase: Phase,
  sources: readonly AscSource[],
): Pick<Diagnostic, "code" | "message" | "hint"> {
  if (code === FILE_NOT_FOUND) {
    const inside = message.startsWith("File 'rules/");
    return { code: inside ? "BUILD_TYPE" : "BUILD_BANNED", message, hint: IMPORT_HINT };
  }
  const plain = { code: phase, message: withoutFiles(message).replace(/\.$/, "") };
  const [, word, type] = (code === NO_SUCH_PROPERTY && NO_MEMBER.exec(message)) || [];
  const nearest = nearestTo(word ?? "", memberNames(type ?? "", sources));
  if (nearest !== undefined) return { ...plain, hint: `did you mean "${nearest}"?` };
  const known = WAYS_OUT.find(({ of, says }) => of === code && (says === undefined || says.test(message)));
  return { ...plain, ...known?.found };
}

const NO_MEMBER = /^Property '(.*)' does not exist on type '(.*)'/;

type WayOut = {
  /** asc's code. */
  of: number;
  /** What its message says, files and all; whatever it says when left out. */
  says?: RegExp;
  /** What is told instead of asc's. */
  found: Partial<Pick<Diagnostic, "code" | "message">> & { hint: string };
};

/** The first one counts. */
const WAYS_OUT: readonly WayOut[] = [
  {
    of: CANNOT_BE_ASSIGNED,
    says: /^Type '.*\/String' is not assignable to type '.*\/Sym'/,
    found: {
      code: "BUILD_NOT_LITERAL",
      message: "A text made at run time where a symbol is needed",
      hint: "write the text as a literal in its place: hosts intern it when they load the bundle",
    },
  },
  {
    of: CANNOT_BE_ASSIGNED,
    says: /^Type '.*\/Percent' is not assignable to type 'i64'/,
    found: { hint: "an amount is meant here; the percentage forms are orderPercent, linePercent, ..." },
  },
  {
    of: CANNOT_BE_ASSIGNED,
    says: /^Type '[iu]\d+' is not assignable to type '.*\/Percent'/,
    found: { hint: "a percentage is meant here: `Percent.of(10)` is 10 %" },
  },
  {
    of: MUST_RETURN,
    found: { hint: "whatever the cart is, a rule ends with a result: `return Result.none();`" },
  },
  {
    of: OPERATION_IS_UNSAFE,
    found: { code: "BUILD_BANNED", hint: "rules have no access to raw memory, nor to the views behind it" },
  },
  {
    of: NOT_IMPLEMENTED,
    says: /Closures/,
    found: { hint: "a nested function cannot use variables around it; use a plain loop" },
  },
  {
    of: NOT_IMPLEMENTED,
    says: /Iterators/,
    found: { hint: "write `for (let i = 0; i < lines.count; i++)`" },
  },
  {
    of: CONVERSION_REQUIRES_CAST,
    says: /'i64' to 'i32'/,
    found: { hint: "amounts are i64; write `as i32` where the value is a count that surely fits" },
  },
  {
    of: CANNOT_ASSIGN,
    found: { hint: "carts, results and parameters are read-only; use a local" },
  },
  { of: NO_SUCH_PROPERTY, found: { hint: "what rules can name stands in RULES.md of haggle-cli" } },
  {
    of: CANNOT_FIND_NAME,
    found: { hint: "rules see the Haggle globals and what they import from files under rules/" },
  },
];

/** What a class has that rules may name; `type` is asc's name for it. */
function memberNames(type: string, sources: readonly AscSource[]): string[] {
  const [, path, name] = /^(.*)\/([^/]+)$/.exec(type) ?? [];
  const found = sources
    .find(({ internalPath }) => internalPath === path)
    ?.statements.find((statement) => isClass(statement) && statement.name.text === name);
  if (!isClass(found)) return [];
  return found.members
    .filter((member) => !hasFlag(member, "Private") && !member.name.text.startsWith("_"))
    .map((member) => member.name.text);
}

/** asc calls `Sym` `~lib/haggle/symbol/Sym`. */
function withoutFiles(message: string): string {
  return message.replace(/(?:~lib|rules)\/(?:[^\s'"<>(),|]+\/)*/g, "");
}

const IMPORT_HINT = "everything Haggle offers is there without an import; share code in a file under rules/";
