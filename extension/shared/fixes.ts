// Code actions between server and client, which writes their titles in the user's language.

/** The `data` of a code action. */
export type FixData = {
  verb: "change" | "remove" | "add" | "parameter" | "all" | "stamp";
  /** Source text; of a parameter, its name; of a stamp, the version. */
  what: string;
};
