import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { plain } from "../../extension/client/plain.ts";

// A click on a link in a message of VS Code runs what the link says, and messages hold words of servers and files.

const CLIENT = join(import.meta.dirname, "../../extension/client");
/** What VS Code makes a link of: `parseLinkedText` of its `base/common/linkedText.ts`. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;

describe("a message", () => {
  it("has no links, whatever a server says", () => {
    const said = 'SERVER_X: [Try again](command:workbench.action.terminal.new "x") [a](https://x.example)';
    expect(said.match(LINK)).toHaveLength(2);
    expect(plain(said).match(LINK)).toBeNull();
    expect(plain("[[a]](command:b)[c](file:d)").match(LINK)).toBeNull();
    expect(plain("v2 (stable) [a] b")).toBe("v2 (stable) [a] b");
  });

  it("goes through the one place that takes them out, unless it is a dialog, which makes none", () => {
    const files = readdirSync(CLIENT, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && file !== "messages.ts")
      .map((file) => [file, readFileSync(join(CLIENT, file), "utf8")] as const);
    const shown = files.flatMap(([file, text]) =>
      [...text.matchAll(/window\s*\.show(?:Information|Warning|Error)Message\([^;]*/g)].map(([call]) => ({
        file,
        call,
      })),
    );
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter(({ call }) => !call.includes("modal: true"))).toEqual([]);
  });
});
