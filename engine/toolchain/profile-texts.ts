// What each code of the profile check means, for people. They stand here because the SDK ships the check to every
// shopper and has no room for them.

import type { PROFILE_CODES } from "@haggle/abi";

export const PROFILE_TEXTS: Record<(typeof PROFILE_CODES)[number], string> = {
  PROFILE_TOO_LARGE: "The file is larger than 256 KiB.",
  PROFILE_TRUNCATED: "A section reaches behind the end of the file.",
  PROFILE_BAD_HEADER: "The file does not begin like a WebAssembly module.",
  PROFILE_BAD_LEB: "A number takes more bytes or bits than its type has.",
  PROFILE_SECTION_ORDER: "A section is repeated or out of order.",
  PROFILE_SECTION_UNKNOWN: "A section that is not part of the profile, such as data count or tags.",
  PROFILE_SECTION_LENGTH: "A section is longer or shorter than what it holds.",
  PROFILE_SECTION_MISSING: "A section that every bundle has is missing; the value is its id.",
  PROFILE_TOO_MANY: "More entries, targets or characters than allowed.",
  PROFILE_CUSTOM_SECTION: "A custom section that is unknown, repeated or not where it must be.",
  PROFILE_TYPE: "A type other than i32 and i64, more than one result, or more than 64 parameters.",
  PROFILE_IMPORT: "The module imports something; bundles import nothing.",
  PROFILE_START: "A start function would run without fuel.",
  PROFILE_MEMORY: "Not exactly one memory of fixed size, 32 bits, not shared, of at most 256 pages.",
  PROFILE_TABLE: "The table does not hold functions only, or its size is not fixed or above 1,024.",
  PROFILE_GLOBAL: "A global of unknown mutability.",
  PROFILE_EXPORT: "An export that is unknown, repeated, missing or of a wrong type.",
  PROFILE_ELEMENT: "An element segment that is not plainly active, or outside of the table.",
  PROFILE_DATA: "A data segment that is not plainly active, or outside of the memory.",
  PROFILE_CONST_EXPR: "A start value or offset that is not one constant.",
  PROFILE_OPCODE: "An instruction outside of the profile.",
  PROFILE_FLOAT: "A float type or instruction; money is integer.",
  PROFILE_INDEX: "A function, type, local, global, label, table or memory that is not there.",
  PROFILE_NESTING: "More than 128 blocks inside one another, or a path of more than 256 calls.",
  PROFILE_LOCALS: "More than 1,000 locals in one function.",
  PROFILE_BODY: "A function body that is missing, longer than 64 KiB, or not as long as it says.",
  PROFILE_RECURSION: "A function can reach itself by calls; the value is the function.",
  PROFILE_UNMETERED: "The fuel code is missing or changed. Metering must be the last step of a build.",
  PROFILE_FUEL_WRITE: "Code other than the fuel code reads or writes fuel.",
  PROFILE_WEIGHT: "A charge is out of range, or below the cost of its code by the value.",
  PROFILE_METADATA: "The section with the metadata of the bundle is missing.",
};
