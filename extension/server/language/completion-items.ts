// TypeScript's completions as an editor shows and inserts them.

import ts from "typescript";
import { CompletionItemKind, type CompletionItemLabelDetails } from "vscode-languageserver";

const KINDS: Readonly<Record<string, CompletionItemKind>> = {
  [ts.ScriptElementKind.keyword]: CompletionItemKind.Keyword,
  [ts.ScriptElementKind.classElement]: CompletionItemKind.Class,
  [ts.ScriptElementKind.interfaceElement]: CompletionItemKind.Interface,
  [ts.ScriptElementKind.typeElement]: CompletionItemKind.TypeParameter,
  [ts.ScriptElementKind.primitiveType]: CompletionItemKind.TypeParameter,
  [ts.ScriptElementKind.enumElement]: CompletionItemKind.Enum,
  [ts.ScriptElementKind.enumMemberElement]: CompletionItemKind.EnumMember,
  [ts.ScriptElementKind.moduleElement]: CompletionItemKind.Module,
  [ts.ScriptElementKind.functionElement]: CompletionItemKind.Function,
  [ts.ScriptElementKind.localFunctionElement]: CompletionItemKind.Function,
  [ts.ScriptElementKind.memberFunctionElement]: CompletionItemKind.Method,
  [ts.ScriptElementKind.memberVariableElement]: CompletionItemKind.Field,
  [ts.ScriptElementKind.memberGetAccessorElement]: CompletionItemKind.Property,
  [ts.ScriptElementKind.memberSetAccessorElement]: CompletionItemKind.Property,
  [ts.ScriptElementKind.constElement]: CompletionItemKind.Constant,
  [ts.ScriptElementKind.string]: CompletionItemKind.Value,
};

export function kindOfEntry({ kind }: ts.CompletionEntry): CompletionItemKind {
  return KINDS[kind] ?? CompletionItemKind.Variable;
}

/** What a name takes and gives, as it is declared. */
export function shownType({ symbol }: ts.CompletionEntry): CompletionItemLabelDetails {
  const declared = symbol?.valueDeclaration;
  if (declared === undefined) return {};
  if (isCallable(declared)) {
    const names = declared.parameters.map(({ name }) => name.getText());
    return {
      detail: `(${names.join(", ")})`,
      ...(declared.type && { description: declared.type.getText() }),
    };
  }
  const { type } = declared as ts.Declaration & { type?: ts.TypeNode };
  return type === undefined ? {} : { description: type.getText() };
}

/** A call with a place for each argument that has to be there; undefined for what is not called. */
export function callSnippet({ name, symbol }: ts.CompletionEntry): string | undefined {
  const declared = symbol?.valueDeclaration;
  if (declared === undefined || !isCallable(declared) || ts.isGetAccessor(declared)) return undefined;
  // A type and a function in one, such as `i64`, is more often the type.
  if (symbol!.flags & ts.SymbolFlags.Type) return undefined;
  const wanted = declared.parameters.filter(
    ({ initializer, questionToken, dotDotDotToken }) => !(initializer ?? questionToken ?? dotDotDotToken),
  );
  if (wanted.length === 0) return declared.parameters.length === 0 ? `${name}()$0` : `${name}($1)$0`;
  const places = wanted.map((parameter, index) => {
    const place = `\${${index + 1}:${parameter.name.getText()}}`;
    return parameter.type?.getText() === "Sym" ? `"${place}"` : place;
  });
  return `${name}(${places.join(", ")})$0`;
}

function isCallable(node: ts.Declaration): node is ts.SignatureDeclaration {
  return ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node);
}
