// What a fault of the schema means to a person: a code, a sentence and a way out.

import { type Code, describeFault, type Path, quoted, type SchemaFault } from "@haggle/abi";
import { didYouMean } from "../did-you-mean.ts";
import type { Finding } from "./source.ts";

/** Words that a fault may mean although the schema does not say so. */
export type Known = { rules: readonly string[] };

export function findingOf(fault: SchemaFault, known: Known): Finding & { path: Path } {
  const { path, value } = fault;
  switch (fault.keyword) {
    case "unknown": {
      const { property } = fault;
      const inRule = path.at(-2) === "parameters";
      const what = inRule ? "The rule has no parameter" : "There is no field";
      const code = inRule ? "PROMOTION_UNKNOWN_PARAMETER" : "DOCUMENT_UNKNOWN_FIELD";
      return {
        path,
        key: true,
        code,
        message: `${what} ${quoted(property)}`,
        hint: didYouMean(property, fault.known),
      };
    }
    case "missing": {
      if (fault.property === "phase") return wrongPhase(path);
      return { path, code: "DOCUMENT_BAD_FIELD", ...describeFault(fault, didYouMean) };
    }
    case "forbidden": {
      if (fault.property === "") return { path, ...noneOf(path, value) };
      const at = [...path, fault.property];
      return { path: at, key: true, code: "DOCUMENT_BAD_FIELD", ...describeFault(fault, didYouMean) };
    }
    case "enum": {
      const isPhase = path.at(-1) === "phase" && fault.allowed.length === 1;
      if (isPhase || (path.at(-1) === "rule" && known.rules.includes(String(value)))) return wrongPhase(path);
      return { path, code: codeOf(path, "type"), ...describeFault(fault, didYouMean) };
    }
    case "twice":
      return { path, code: "DOCUMENT_BAD_FIELD", ...describeFault(fault, didYouMean) };
    case "range":
    case "length":
      return { path, code: codeOf(path, "range"), ...describeFault(fault, didYouMean) };
    default:
      return { path, code: codeOf(path, "type"), ...describeFault(fault, didYouMean) };
  }
}

function codeOf(path: Path, kind: "type" | "range"): Code {
  if (path.includes("parameters")) return kind === "type" ? "PROMOTION_WRONG_TYPE" : "PROMOTION_OUT_OF_RANGE";
  if (path.at(-1) === "rule") return "PROMOTION_UNKNOWN_RULE";
  return path.at(-1) === "lane" ? "PROMOTION_UNKNOWN_LANE" : "DOCUMENT_BAD_FIELD";
}

/** Words are asked for where there are none. */
function noneOf(path: Path, value: unknown): Finding {
  const what = path.at(-1) === "lane" ? "The policy has no lanes" : "This project has no rules";
  return { code: codeOf(path, "type"), message: `${what}, so there is no ${quoted(value)}` };
}

function wrongPhase(path: Path): Finding & { path: Path } {
  return {
    path,
    code: "PROMOTION_WRONG_PHASE",
    message: "Promotions of pricing rules say `phase: pricing`, and no others do",
  };
}
