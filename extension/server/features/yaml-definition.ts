// From the name of a rule to its function, from a parameter to its field, from a group or a lane to the policy, and back:
// from a rule to the strategies and promotions that name it.

import { POLICY_FILES } from "@haggle/toolchain/project-files";
import { DefinitionRequest, type Location, ReferencesRequest } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { isScalar } from "yaml";
import type { Register, Server } from "../serve.ts";
import { findParameterField } from "../yaml/parameter-field.ts";
import { findParameter } from "../yaml/parameters.ts";
import { findPlace, nodesAt, type Place, parse, rangeOf, spanOf } from "../yaml/parsed.ts";
import { usesOf } from "../yaml/uses.ts";
import { findYamlFile, isData, type YamlFile } from "../yaml/world.ts";

export const registerYamlDefinition: Register = (server) => {
  server.provide(DefinitionRequest.type, isData, async ({ textDocument, position }) => {
    const file = await findYamlFile(server, textDocument.uri);
    const place = file && findPlace(file.parsed, file.document.offsetAt(position));
    if (file === undefined || place === undefined) return null;
    return ruleAt(file, place) ?? parameterAt(server, file, place) ?? policyAt(server, file, place) ?? null;
  });
  server.provide(ReferencesRequest.type, isData, async ({ textDocument, position, context }) => {
    const file = await findYamlFile(server, textDocument.uri);
    const place = file && findPlace(file.parsed, file.document.offsetAt(position));
    const name = file && place && ruleName(place);
    if (file === undefined || name === undefined) return null;
    const uses = usesOf({ ...file.project.data, ...file.project.strategies }, name).map(
      ({ file: path, range }) => ({
        uri: server.files.uriOf(file.root, path),
        range,
      }),
    );
    const rule = context.includeDeclaration ? file.rules.find((each) => each.name === name) : undefined;
    return rule === undefined ? uses : [{ uri: rule.uri, range: rule.range }, ...uses];
  });
  return { definitionProvider: true, referencesProvider: true };
};

function ruleName({ path, role, node }: Place): string | undefined {
  if (path.at(-1) !== "rule" || role !== "value" || !isScalar(node)) return undefined;
  return typeof node.value === "string" ? node.value : undefined;
}

function ruleAt({ rules }: YamlFile, place: Place): Location | undefined {
  const rule = rules.find(({ name }) => name === ruleName(place));
  return rule && { uri: rule.uri, range: rule.range };
}

function parameterAt({ files }: Server, file: YamlFile, { path }: Place): Location | undefined {
  const { rules, project, root, parsed } = file;
  const wanted = findParameter(parsed.value, path);
  const rule = wanted && rules.find(({ name }) => name === wanted.rule);
  if (rule === undefined) return undefined;
  const uri = files.uriOf(root, rule.file);
  const source = TextDocument.create(uri, "haggle-rule", 0, project.files[rule.file] ?? "");
  const field = findParameterField(source.getText(), rule, wanted!.name);
  if (field === undefined) return undefined;
  return { uri, range: { start: source.positionAt(field.start), end: source.positionAt(field.end) } };
}

function policyAt({ files }: Server, file: YamlFile, { path, role, node }: Place): Location | undefined {
  const { project, root, kind } = file;
  const field = path.at(-1);
  if (kind !== "promotions" || role !== "value" || (field !== "group" && field !== "lane")) return undefined;
  const name = POLICY_FILES.find((each) => Object.hasOwn(project.data, each));
  const wanted = isScalar(node) ? node.value : undefined;
  if (name === undefined || typeof wanted !== "string") return undefined;
  const policy = parse(project.data[name]!);
  const lanes: unknown = (policy.value as { lanes?: unknown } | null)?.lanes;
  const at =
    field === "group" ? ["groups", wanted] : ["lanes", Array.isArray(lanes) ? lanes.indexOf(wanted) : -1];
  const found = nodesAt(policy, at);
  const span = spanOf(found?.key ?? found?.node);
  return span && { uri: files.uriOf(root, name), range: rangeOf(policy, span) };
}
