import { readAdminKey, withKey } from "./api-keys.ts";
import { createShop, type Shop } from "./release.ts";
import type { Answer, Call, ErrorJson } from "./rollout.ts";
import { caller } from "./rollout.ts";
import { startServer, type TestServer, until } from "./server.ts";

// A shop with experiments that are told of.

/** Told of a unit; what is left out, the server fills in. */
export type Told = {
  id?: string;
  type: "exposure" | "outcome";
  unit: string;
  variant: string;
  at?: number;
  metric?: string;
  valueMinor?: number;
  currency?: string;
  discountMinor?: number;
  marginMinor?: number;
};

export type EventWorld = Awaited<ReturnType<typeof createEventWorld>>;

export const HALVES = [
  { key: "control", weight: 0.5 },
  { key: "b", weight: 0.5 },
];

export async function createEventWorld(publish: (shop: Shop) => Promise<unknown> = (shop) => shop.publish()) {
  const shop = await createShop();
  await shop.giveKey("channel");
  await publish(shop);
  let ahead = 0;
  let count = 0;
  const clock = () => Date.now() + ahead;
  const server = await startServer(shop.dataFolder, { clock });
  await until(async () => (await server.ready()).keys.channel === "ready");
  const key = await readAdminKey(shop.dataFolder);
  const operate = callerOf(server, key);

  return {
    shop,
    server,
    key,
    operate,
    clock,
    pass(ms: number): void {
      ahead += ms;
    },
    /** A draft of its own for each test. */
    async draft(more: object = {}): Promise<string> {
      const name = `experiment-${++count}`;
      const body = { channel: "stable", key: name, unit: "customer", variants: HALVES, ...more };
      const { status, body: made } = await operate<ErrorJson>("/v1/experiments", body);
      if (status !== 201) throw new Error(JSON.stringify(made));
      return name;
    },
    async run(more: object = {}): Promise<string> {
      const name = await this.draft(more);
      await act(name, "start");
      return name;
    },
    act,
    tell: (name: string, events: readonly Told[]): Promise<Answer<{ accepted: number } & ErrorJson>> =>
      operate(`/v1/experiments/${name}/events`, { events }),
    async close(): Promise<void> {
      await server.close();
      await shop.remove();
    },
  };

  async function act(name: string, verb: string, body: object = {}): Promise<void> {
    const answer = await operate<ErrorJson>(`/v1/experiments/${name}/${verb}`, body);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }
}

function callerOf(server: TestServer, key: string): Call {
  const { authorization } = withKey(key);
  return caller(server, { authorization: authorization! });
}
