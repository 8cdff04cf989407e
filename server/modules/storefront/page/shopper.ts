import { type ClientExperiments, clientExperiments } from "@haggle/sdk/experiments-client";

// Whom this browser shops as. In the demo it may become another shopper; what the SDK remembers of one is nothing of the next one's.

const SHOPPER = "haggle-demo-shopper";

/** For one client: variants of experiments, and the unit that the server signs, are kept beside each other. */
export function createExperiments(): ClientExperiments {
  return clientExperiments({ storage: storageOf(read(SHOPPER) ?? "") });
}

/** From the next client on, and over reloads. */
export function become(shopper: string): void {
  write(SHOPPER, shopper);
}

function storageOf(shopper: string) {
  const nameOf = (place: string): string => (shopper === "" ? place : `${place} ${shopper}`);
  return {
    getItem: (place: string) => read(nameOf(place)),
    setItem: (place: string, text: string) => write(nameOf(place), text),
    // What a consent that is taken back removes; nobody is asked for one here, where nothing is sold.
    removeItem: (place: string) => unkept.delete(nameOf(place)),
    key: () => null,
    length: 0,
  };
}

// A page may be forbidden to keep anything; then a shopper is remembered as long as the page lives.

const unkept = new Map<string, string>();

function read(place: string): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return unkept.get(place) ?? null;
  }
}

function write(place: string, text: string): void {
  try {
    localStorage.setItem(place, text);
  } catch {
    unkept.set(place, text);
  }
}
