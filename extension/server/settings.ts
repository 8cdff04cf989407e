// What the user has set, section `haggle` of the editor's settings.

import type { Connection, InitializeParams } from "vscode-languageserver";

/** Only what the server itself looks at; `package.json` says what each is for. */
export type Values = {
  currency: string;
  "inlayHints.money": boolean;
  "inlayHints.parameterNames": boolean;
  "format.enable": boolean;
};

const DEFAULTS: Values = {
  currency: "CNY",
  "inlayHints.money": true,
  "inlayHints.parameterNames": false,
  "format.enable": true,
};

export type Settings = {
  get<K extends keyof Values>(name: K): Promise<Values[K]>;
  /** Any other setting below `haggle`, as it is; undefined where nobody has set it. */
  find(name: string): Promise<unknown>;
};

/** Asks the client where it can be asked; else takes `initializationOptions.settings`, and what it tells later. */
export function createSettings(connection: Connection, initialized: () => InitializeParams): Settings {
  let section: Promise<unknown> | undefined;
  let told: unknown;

  connection.onDidChangeConfiguration(({ settings }) => {
    section = undefined;
    told = (settings as { haggle?: unknown } | null)?.haggle ?? told;
    const { workspace } = initialized().capabilities;
    // Hints that are shown already are not asked for again by themselves.
    if (!workspace?.inlayHint?.refreshSupport) return;
    connection.languages.inlayHint
      .refresh()
      .catch((cause: unknown) => connection.console.error(String(cause)));
  });

  function read(): Promise<unknown> {
    const { capabilities, initializationOptions } = initialized();
    if (!capabilities.workspace?.configuration) {
      return Promise.resolve(told ?? (initializationOptions as { settings?: unknown } | undefined)?.settings);
    }
    if (section === undefined) {
      const asked = connection.workspace.getConfiguration("haggle") as Promise<unknown>;
      section = asked;
      // Asked again by the next who wants to know.
      asked.catch(() => {
        if (section === asked) section = undefined;
      });
    }
    return section;
  }

  async function find(name: string): Promise<unknown> {
    let value = await read();
    for (const part of name.split(".")) value = (value as Record<string, unknown> | null | undefined)?.[part];
    return value;
  }

  return {
    find,
    async get(name) {
      const value = await find(name);
      return (typeof value === typeof DEFAULTS[name] ? value : DEFAULTS[name]) as Values[typeof name];
    },
  };
}
