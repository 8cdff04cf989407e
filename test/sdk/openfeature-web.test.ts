import { type HaggleError, refuse } from "@haggle/abi";
import type { HaggleEvents } from "@haggle/sdk/client";
import { haggleWebProvider, type WebFlagClient } from "@haggle/sdk/openfeature-web";
import { ProviderStatus, OpenFeature as Web } from "@openfeature/web-sdk";
import { afterEach, expect, it } from "vitest";
import { until } from "../support/server.ts";

// The provider over a page's client whose release grows old, and that has not always the one of another shopper.

afterEach(async () => {
  await Web.clearProviders();
  await Web.setContext({});
});

it("is stale where the client is, fresh again with the same release, in error without that of an arm, and listens once", async () => {
  const listeners = { update: new Set<() => void>(), stale: new Set<() => void>(), error: new Set() };
  const state = {
    ...{ release: "ab".repeat(32), version: 1, expires: 1 },
    ...{ stale: true, withdrawn: false, restored: false },
  };
  const refusals: HaggleError[] = [];
  const haggle: WebFlagClient = {
    ...{
      engine: undefined,
      channel: undefined,
      experiments: undefined,
      unit: undefined,
      fallback: undefined,
    },
    state,
    ready: async () => {},
    async setContext() {
      const refusal = refusals.pop();
      if (refusal !== undefined) throw refusal;
    },
    on<Event extends keyof HaggleEvents>(event: Event, listener: (...told: HaggleEvents[Event]) => void) {
      const call = () => (listener as (told: object) => void)({ ...state });
      listeners[event].add(call);
      return () => void listeners[event].delete(call);
    },
  };
  const provider = haggleWebProvider(haggle);
  await Web.setProviderAndWait(provider);
  const client = Web.getClient();
  await until(() => client.providerStatus === ProviderStatus.STALE);
  for (const call of listeners.update) call();
  expect(client.providerStatus).toBe(ProviderStatus.STALE);
  state.stale = false;
  for (const call of listeners.update) call();
  await until(() => client.providerStatus === ProviderStatus.READY);
  // The release of another arm cannot be had, and then it can.
  refusals.push(refuse("CLIENT_NETWORK"));
  await Web.setContext({ targetingKey: "c-1" });
  expect(client.providerStatus).toBe(ProviderStatus.ERROR);
  for (const call of listeners.update) call();
  await until(() => client.providerStatus === ProviderStatus.READY);
  await provider.initialize!({});
  expect([listeners.update.size, listeners.stale.size]).toEqual([1, 1]);
  await provider.onClose!();
  expect([listeners.update.size, listeners.stale.size]).toEqual([0, 0]);
});
