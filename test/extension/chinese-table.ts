import type { Sentence } from "../../extension/server/words/sentence.ts";
import { DOCS } from "../../extension/server/words/zh-cn/docs.ts";
import { FIELDS, TITLES } from "../../extension/server/words/zh-cn/fields.ts";
import { FINDINGS, PARTS } from "../../extension/server/words/zh-cn/findings.ts";
import { HINTS } from "../../extension/server/words/zh-cn/hints.ts";
import { OWN } from "../../extension/server/words/zh-cn/own.ts";
import {
  DATA,
  ENDS,
  KEYS,
  PLACES,
  PROBLEMS,
  RULES,
  TYPES,
} from "../../extension/server/words/zh-cn/sentences.ts";

// The sentences of the language server that have a Chinese one: what is found wrong, what schemas say of fields, and all of them.

export const FOUND: readonly Sentence[] = [
  ...[...RULES, ...TYPES, ...DATA, ...PLACES, ...PROBLEMS, ...KEYS, ...ENDS],
  ...[...HINTS, ...FINDINGS, ...PARTS],
];
export const SAID_BY_SCHEMAS: readonly Sentence[] = [...FIELDS, ...TITLES];
export const TABLE: readonly Sentence[] = [...FOUND, ...SAID_BY_SCHEMAS, ...OWN, ...DOCS];
