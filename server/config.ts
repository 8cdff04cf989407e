import { resolve } from "node:path";
import { HaggleError } from "@haggle/abi";

// The only reader of the environment. Every other file gets its settings as arguments.

export type Config = {
  host: string;
  port: number;
  /** Where the server keeps its files; the release folder is `releases` in it. */
  dataFolder: string;
  logLevel: LogLevel;
  /** A production server refuses a development root, whatever it signs. */
  production: boolean;
  /** How long `/readyz` says 503 before the server stops to accept, so that a load balancer can look away. */
  drainMs: number;
};

export type LogLevel = (typeof LOG_LEVELS)[number];

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** Loopback: nothing leaves the machine until an operator says so. */
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8787;
const MAX_PORT = 65_535;
/** Below the ten seconds after which a drain ends the hard way. */
const MAX_DRAIN_MS = 8_000;

/**
 * Reads the settings from environment variables; an empty variable counts as absent.
 *
 * @throws HaggleError SERVER_BAD_CONFIG with the variable's name and value
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return {
    host: env.HOST || DEFAULT_HOST,
    port: readInteger(env, "PORT", DEFAULT_PORT, MAX_PORT),
    dataFolder: resolve(env.HAGGLE_DATA || ".haggle"),
    logLevel: readLogLevel(env.LOG_LEVEL || "info"),
    production: env.NODE_ENV === "production",
    drainMs: readInteger(env, "DRAIN_MS", 0, MAX_DRAIN_MS),
  };
}

function readInteger(
  env: Parameters<typeof readConfig>[0],
  name: string,
  missing: number,
  max: number,
): number {
  const text = env[name];
  if (!text) return missing;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) {
    throw new HaggleError("SERVER_BAD_CONFIG", `Not an integer from 0 to ${max}`, { at: name, value: text });
  }
  return value;
}

function readLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) {
    throw new HaggleError("SERVER_BAD_CONFIG", `Not one of ${LOG_LEVELS.join(", ")}`, {
      at: "LOG_LEVEL",
      value: text,
    });
  }
  return level;
}
