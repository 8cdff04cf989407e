// What the toolchain says of sources, in the protocol's terms, and what becomes of it while its text changes.

import type { Checked, Diagnostic, Fix } from "@haggle/toolchain";
import {
  DiagnosticSeverity,
  DiagnosticTag,
  type Diagnostic as LspDiagnostic,
  type Range,
  type TextEdit,
} from "vscode-languageserver";
import type { ViewLocale } from "../shared/price.ts";
import { DIAGNOSTIC_SOURCE } from "../shared/protocol.ts";
import type { Move } from "./moved.ts";
import { rangeOf } from "./rules.ts";
import { say, withHint } from "./words/say.ts";

/** A diagnostic of a file, with ways to mend it. */
export type Shown = { diagnostic: LspDiagnostic; fixes: ShownFix[] };

export type ShownFix = Pick<Fix, "verb" | "what" | "isSure"> & { edits: (TextEdit & { file: string })[] };

/** By file: everything that a check found; under "" what is wrong with the project as a whole. */
export function shownOf(
  { diagnostics, uncalled }: Checked,
  {
    uriOf,
    docsBase,
    locale,
  }: { uriOf: (file: string) => string; docsBase: string | undefined; locale: ViewLocale },
): Map<string, Shown[]> {
  const byFile = new Map<string, Shown[]>();
  const add = (file: string, shown: Shown) => {
    const own = file.startsWith("rules/") ? file : "";
    byFile.set(own, [...(byFile.get(own) ?? []), shown]);
  };
  for (const problem of diagnostics) {
    const shown = toShown(problem);
    add(problem.file, shown);
    const [other] = problem.related ?? [];
    // Neither of two rules with one name is the wrong one.
    if (problem.code !== "BUILD_DUPLICATE_RULE" || other === undefined) continue;
    const { code } = problem;
    const message = say({ code, message: "the other rule of that name" }, locale);
    const related = { location: locationOf(problem), message };
    const diagnostic = toShown({
      ...problem,
      ...other,
      message: problem.message.replace(other.file, problem.file),
    });
    const mirrored = { ...diagnostic.diagnostic, relatedInformation: [related] };
    add(other.file, { diagnostic: mirrored, fixes: [] });
  }
  for (const place of uncalled) {
    add(place.file, {
      diagnostic: {
        severity: DiagnosticSeverity.Hint,
        source: DIAGNOSTIC_SOURCE,
        message: say(
          { code: undefined, message: "Nobody calls this function: a build leaves it out" },
          locale,
        ),
        range: rangeOf(place),
        tags: [DiagnosticTag.Unnecessary],
      },
      fixes: [],
    });
  }
  return byFile;

  function toShown({ severity, code, message, hint, related, fixes = [], ...place }: Diagnostic): Shown {
    return {
      diagnostic: {
        severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
        source: DIAGNOSTIC_SOURCE,
        code,
        ...(docsBase !== undefined && { codeDescription: { href: docsBase + code } }),
        message: withHint(say({ code, message }, locale), hint, locale),
        range: rangeOf(place),
        ...(code === "BUILD_DUPLICATE_METADATA" && { tags: [DiagnosticTag.Unnecessary] }),
        ...(related && {
          relatedInformation: related.map((each) => ({
            location: locationOf(each),
            message: say({ code, message: each.message }, locale),
          })),
        }),
      },
      fixes: fixes.map(({ edits, ...fix }) => ({
        ...fix,
        edits: edits.map(({ text, ...at }) => ({ file: at.file, range: rangeOf(at), newText: text })),
      })),
    };
  }

  function locationOf(place: Parameters<typeof rangeOf>[0] & { file: string }) {
    return { uri: uriOf(place.file), range: rangeOf(place) };
  }
}

/** The same in a newer text. What lies in what was changed is gone, and so is a fix that would change it. */
export function movedShown({ diagnostic, fixes }: Shown, file: string, move: Move): Shown[] {
  const range = move(diagnostic.range);
  if (range === undefined) return [];
  return [
    {
      diagnostic: { ...diagnostic, range },
      fixes: fixes.flatMap((fix) => {
        const edits = fix.edits.flatMap((edit) => {
          const moved = edit.file === file ? move(edit.range) : edit.range;
          return moved === undefined ? [] : [{ ...edit, range: moved }];
        });
        return edits.length === fix.edits.length ? [{ ...fix, edits }] : [];
      }),
    },
  ];
}

export function overlap(a: Range, b: Range): boolean {
  return !isBefore(a.end, b.start) && !isBefore(b.end, a.start);
}

function isBefore(a: Range["start"], b: Range["start"]): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
