// The page that judges the hostile modules: fetches them, posts the verdicts, or why there are none.

import { type HostileInput, judgeHostile } from "./hostile-host.ts";

try {
  const input = (await (await fetch("/input.json")).json()) as HostileInput;
  await post(JSON.stringify(await judgeHostile(input)));
} catch (error) {
  await post(`error ${error instanceof Error ? error.stack : error}`);
}

async function post(body: string): Promise<void> {
  await fetch("/posted/verdicts", { method: "POST", body });
}
