// asc's standard library and ours, parsed once. Nine tenths of a check are spent on parsing them, and no project changes
// them: their trees are given to one program after another. This knows how asc's parser keeps its books, so it belongs
// to the pinned version, and `test/engine/library-cache.test.ts` holds trees that were kept against fresh ones.

import type { AscProgram, AscSource } from "./asc.ts";
import { type ExportStatement, type ImportStatement, isExport, isImport } from "./syntax.ts";

export type LibraryCache = {
  /** `parser.parseFile` for a file of the library. */
  parseFile(program: AscProgram, text: string | null, path: string, isEntry: boolean): void;
  /** Whether anything is kept. */
  isWarm(): boolean;
  /** What is thrown in the middle of its work leaves marks in the trees. */
  forget(): void;
};

export function createLibraryCache(): LibraryCache {
  const kept = new Map<string, AscSource>();
  return {
    parseFile(program, text, path, isEntry) {
      const key = `${isEntry} ${path}`;
      const known = kept.get(key);
      if (known !== undefined && known.text === text) {
        adopt(program, known);
        return;
      }
      const { parser, diagnostics } = program;
      const before = { sources: parser.sources.length, diagnostics: diagnostics.length };
      parser.parseFile(text, path, isEntry);
      const parsed = parser.sources[before.sources];
      if (parsed !== undefined && diagnostics.length === before.diagnostics) kept.set(key, parsed);
    },
    isWarm: () => kept.size > 0,
    forget: () => kept.clear(),
  };
}

/** Parses every file every time, as asc itself does. */
export const NO_CACHE: LibraryCache = {
  parseFile: ({ parser }, text, path, isEntry) => parser.parseFile(text, path, isEntry),
  isWarm: () => false,
  forget() {},
};

/** Does what `parseFile` does but for parsing: asks for what the file imports, in the same order. */
function adopt({ parser }: AscProgram, source: AscSource): void {
  const { donelog, seenlog, dependees, backlog } = parser;
  if (donelog.has(source.internalPath)) return;
  donelog.add(source.internalPath);
  seenlog.add(source.internalPath);
  // The number of a file in the module of another program.
  source.debugInfoIndex = -1;
  parser.sources.push(source);
  for (const statement of source.statements) {
    if (!isImport(statement) && !isExport(statement)) continue;
    const { path, internalPath } = statement as ImportStatement | ExportStatement;
    if (path === null || internalPath === null || seenlog.has(internalPath)) continue;
    dependees.set(internalPath, { source, reportNode: path });
    backlog.push(internalPath);
    // Only `export { ... } from` counts as seen before it is parsed; others may be asked for twice.
    if (isExport(statement) && statement.members !== null) seenlog.add(internalPath);
  }
}
