import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { HaggleError } from "@haggle/abi";
import { type KeySetting, type KeySettings, ONLINE_ROLES, type OnlineRole } from "./platform/online-keys.ts";
import { isAttributeName } from "./platform/opaque.ts";
import { type RedisSettings, readRedisUrls } from "./platform/redis.ts";

// The only reader of the environment. Every other file gets its settings as arguments.

export type Config = {
  host: string;
  port: number;
  /** Addresses, or networks as CIDR, whose `x-forwarded-for` says who asks. Each limit by address counts what it says. */
  trustedProxies: readonly string[];
  /** Of shops whose pages may ask for prices and quotes from elsewhere. */
  origins: readonly string[];
  /** Attributes of lines that whoever has no key may say in a quote. */
  shopperAttributes: readonly string[];
  /** Where the server keeps its files; the release folder is `releases` in it. */
  dataFolder: string;
  logLevel: LogLevel;
  /** A production server refuses a development root, whatever it signs. */
  production: boolean;
  /**
   * The root that an operator pinned: every production server has one. Left out, the release folder's first one is trusted
   * and remembered, and in production no other is trusted when that memory is damaged.
   */
  rootFile?: string | undefined;
  /** What this server signs with. */
  keys: KeySettings;
  /** Whether a prices document outlives the time that its strategy gave it, signed again by this server. */
  renewPrices: boolean;
  /** The file of the passphrase of encrypted key files. */
  passphraseFile?: string | undefined;
  /** Whose releases, keys and rows these are: a server serves one tenant, a database may hold many. */
  tenant: string;
  database: DatabaseSettings;
  /** Stands before the database where much is asked; left out, nothing does. */
  redis?: RedisSettings | undefined;
  /** How events come to those who listen: straight from the database, or by the streams of Redis. */
  events: "database" | "redis";
  /** Providers that take money; without any nobody pays here. */
  payments: PaymentSettings;
  /** What is served from the start, the default first; others as the registry has them. */
  channels: readonly [string, ...string[]];
  /** Where the tree for a CDN is written, in a folder of the tenant's name; nowhere when left out. */
  cdnFolder?: string | undefined;
  /** Where `strategies.yaml` lies; left out, strategies come by the interface alone. */
  strategiesFolder?: string | undefined;
  /** Whose local time pricing rules read. */
  timeZone?: string | undefined;
  access: AccessSettings;
  /** How long the shop stands by a quote. */
  quoteTtlMs: number;
  /** The key of secrets in the database, the same for all servers on it. A file of the data folder, made when left out. */
  secretFile?: string | undefined;
  /** How often the end of the audit log is kept outside of the database, in HAGGLE_DATA/audit/heads.jsonl. */
  auditEveryMs: number;
  /** Which parts of the program this process runs. */
  roles: readonly Role[];
  /** Where spans go; nowhere when left out. */
  tracing?: { endpoint: string; service: string } | undefined;
  /** How long `/readyz` says 503 before the server stops to accept, so that a load balancer can look away. */
  drainMs: number;
};

export type DatabaseSettings = {
  /** Any PostgreSQL. Left out, one of our own runs over the data folder. */
  url?: string | undefined;
  /** Of the owner of the tables, for migrations; `url` when left out. */
  adminUrl?: string | undefined;
};

export type PaymentSettings = {
  /** The one for trying out, never in production. `secretsFile`: with which its callbacks are signed, one a line. */
  sandbox?: { url: string; secretsFile: string } | undefined;
  /** How long a provider's answer is waited for. */
  timeoutMs: number;
};

export type AccessSettings = {
  /** Whether the catalogue and evaluations are for those, too, who show no key. */
  anonymous: boolean;
  /** At least 32 random bytes, the same for all servers on a database; in the database when left out. */
  pepperFile?: string | undefined;
  /** Channels on which a change waits for a second person. */
  approvals: readonly string[];
  /** Whose tokens are taken beside API keys. */
  tokens?: { issuer: string; audience: string; jwks: string } | undefined;
  /** Requests of one key, and of one address that shows none. */
  perMinute: { key: number; address: number };
};

/**
 * `rollout`: the interface of releases, rollouts and whoever works with them. `storefront`: the demo shop. `workers`: what
 * is done by itself: events, webhooks, renewal, steps of rollouts, heads of the audit log.
 */
export type Role = (typeof ROLES)[number];

export type LogLevel = (typeof LOG_LEVELS)[number];

const ROLES = ["rollout", "storefront", "workers"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** Loopback: nothing leaves the machine until an operator says so. */
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8787;
const DEFAULT_TENANT = "default";
const DEFAULT_CHANNELS = "stable";
const MAX_PORT = 65_535;
/** A shop's own server at 1,000 carts a second. */
const DEFAULT_KEY_PER_MINUTE = 60_000;
/** Of one address: an office of shoppers, or one hostile script at 500 carts a second. */
const DEFAULT_ADDRESS_PER_MINUTE = 30_000;
const MAX_PER_MINUTE = 100_000_000;
const DEFAULT_AUDIT_MINUTES = 5;
const MAX_AUDIT_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;
const DEFAULT_QUOTE_MINUTES = 15;
/** Releases that quotes are still priced with are kept at hand. */
const MAX_QUOTE_MINUTES = 60;
/** A shopper waits that long for his bank; what it did is found out after that, too. */
const DEFAULT_PAYMENTS_MS = 8_000;
const MAX_PAYMENTS_MS = 30_000;
/** Below the ten seconds after which a drain ends the hard way. */
const MAX_DRAIN_MS = 8_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from environment variables; an empty variable counts as absent.
 *
 * @throws HaggleError SERVER_BAD_CONFIG with the variable's name and value
 */
export function readConfig(env: Environment): Config {
  const dataFolder = resolve(env.HAGGLE_DATA || ".haggle");
  return {
    host: env.HOST || DEFAULT_HOST,
    port: readInteger(env, "PORT", DEFAULT_PORT, MAX_PORT),
    trustedProxies: readProxies(env),
    origins: readOrigins(env),
    shopperAttributes: readShopperAttributes(env),
    dataFolder,
    logLevel: readLogLevel(env.LOG_LEVEL || "info"),
    production: env.NODE_ENV === "production",
    rootFile: env.HAGGLE_ROOT || undefined,
    keys: readKeys(env, join(dataFolder, "keys")),
    renewPrices: readFlag(env, "HAGGLE_RENEW_PRICES"),
    passphraseFile: env.HAGGLE_PASSPHRASE_FILE || undefined,
    tenant: env.HAGGLE_TENANT || DEFAULT_TENANT,
    database: {
      url: readDatabaseUrl(env, "DATABASE_URL"),
      adminUrl: readDatabaseUrl(env, "DATABASE_ADMIN_URL"),
    },
    redis: env.REDIS_URL ? { urls: readRedisUrls(env.REDIS_URL) } : undefined,
    events: readEvents(env),
    payments: readPayments(env, join(dataFolder, "keys", "payments-sandbox.secrets")),
    channels: readChannels(env),
    cdnFolder: env.HAGGLE_CDN ? resolve(env.HAGGLE_CDN) : undefined,
    strategiesFolder: env.STRATEGIES_DIR ? resolve(env.STRATEGIES_DIR) : undefined,
    timeZone: readTimeZone(env),
    access: {
      anonymous: readFlag(env, "HAGGLE_ANONYMOUS", env.NODE_ENV === "production" ? "0" : "1"),
      pepperFile: env.HAGGLE_PEPPER_FILE || undefined,
      approvals: readNames(env, "HAGGLE_APPROVALS"),
      tokens: readTokens(env),
      perMinute: {
        key: readInteger(env, "HAGGLE_KEY_PER_MINUTE", DEFAULT_KEY_PER_MINUTE, MAX_PER_MINUTE),
        address: readInteger(env, "HAGGLE_ADDRESS_PER_MINUTE", DEFAULT_ADDRESS_PER_MINUTE, MAX_PER_MINUTE),
      },
    },
    quoteTtlMs:
      readInteger(env, "HAGGLE_QUOTE_MINUTES", DEFAULT_QUOTE_MINUTES, MAX_QUOTE_MINUTES, 1) * MINUTE_MS,
    secretFile: env.HAGGLE_SECRET_FILE || undefined,
    auditEveryMs:
      readInteger(env, "HAGGLE_AUDIT_MINUTES", DEFAULT_AUDIT_MINUTES, MAX_AUDIT_MINUTES) * MINUTE_MS,
    roles: readRoles(env),
    tracing: readTracing(env),
    drainMs: readInteger(env, "DRAIN_MS", 0, MAX_DRAIN_MS),
  };
}

/** `HAGGLE_CHANNEL_KEY` and its like; a file `channel.sk` in the folder of keys where there is none. */
function readKeys(env: Environment, folder: string): KeySettings {
  const entries = ONLINE_ROLES.map((role) => [role, readKey(env, role, join(folder, `${role}.sk`))] as const);
  return Object.fromEntries(entries) as Record<OnlineRole, KeySetting>;
}

/** The value may be a secret by mistake, or hold one in its command, and is never shown. */
function readKey(env: Environment, role: OnlineRole, path: string): KeySetting {
  const name = `HAGGLE_${role.toUpperCase()}`;
  const signer = env[`${name}_KEY`];
  const publicKey = env[`${name}_PUBLIC`] || undefined;
  if (!signer) return { signer: `file:${path}`, optional: path };
  if (!/^(file|command):./s.test(signer)) {
    throw new HaggleError("SERVER_BAD_CONFIG", "Neither file:PATH nor command:...", { at: `${name}_KEY` });
  }
  if (signer.startsWith("command:") && publicKey === undefined) {
    const message = "A command that signs needs the file of its public key";
    throw new HaggleError("SERVER_BAD_CONFIG", message, { at: `${name}_PUBLIC` });
  }
  return { signer, publicKey };
}

/** Has a password, and is never shown. With `@/` the host is in the query. */
function readDatabaseUrl(env: Environment, name: string): string | undefined {
  const text = env[name];
  if (!text) return undefined;
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text.replace("@/", "@host/"))) return text;
  throw new HaggleError(
    "SERVER_BAD_CONFIG",
    "Not an address such as postgres://user:password@host/database",
    {
      at: name,
    },
  );
}

function readEvents(env: Environment): Config["events"] {
  const text = env.EVENTS || "database";
  if (text === "database" || (text === "redis" && env.REDIS_URL)) return text;
  const message = text === "redis" ? "Needs REDIS_URL" : "Neither database nor redis";
  throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "EVENTS", value: text });
}

/** Whoever pays in a sandbox pays nothing: no shop sells so. */
function readPayments(env: Environment, secretsFile: string): PaymentSettings {
  const timeoutMs = readInteger(env, "HAGGLE_PAYMENTS_TIMEOUT_MS", DEFAULT_PAYMENTS_MS, MAX_PAYMENTS_MS, 100);
  const url = env.HAGGLE_PAYMENTS_SANDBOX;
  if (!url) return { timeoutMs };
  const at = "HAGGLE_PAYMENTS_SANDBOX";
  if (env.NODE_ENV === "production") {
    throw new HaggleError("SERVER_BAD_CONFIG", "Nothing is paid by a sandbox in production", { at });
  }
  const { protocol, hostname, origin } = URL.parse(url) ?? {};
  const isLocal = protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname ?? "");
  if (!isLocal && protocol !== "https:") {
    throw new HaggleError("SERVER_BAD_CONFIG", "Not an https address, and not this machine", {
      at,
      value: url,
    });
  }
  const file = env.HAGGLE_PAYMENTS_SANDBOX_SECRETS
    ? resolve(env.HAGGLE_PAYMENTS_SANDBOX_SECRETS)
    : secretsFile;
  return { sandbox: { url: origin!, secretsFile: file }, timeoutMs };
}

function readChannels(env: Environment): [string, ...string[]] {
  const text = env.HAGGLE_CHANNELS || DEFAULT_CHANNELS;
  const [first, ...others] = text.split(",").map((name) => name.trim());
  for (const name of [first!, ...others]) {
    if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) continue;
    const message = "Not names of lower-case letters, digits and hyphens, with commas between";
    throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "HAGGLE_CHANNELS", value: text });
  }
  return [first!, ...others];
}

/** Whether a release knows its offsets is seen when one is live: no host's own list decides. */
function readTimeZone(env: Environment): string | undefined {
  const zone = env.HAGGLE_TIME_ZONE;
  if (!zone) return undefined;
  if (/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone)) return zone;
  const message = "Not the name of a time zone such as Europe/Berlin";
  throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "HAGGLE_TIME_ZONE", value: zone });
}

function readNames(env: Environment, name: string): string[] {
  const names = (env[name] || "").split(",").map((text) => text.trim());
  const given = names.filter((text) => text !== "");
  const wrong = given.find((text) => !/^[a-z0-9][a-z0-9-]{0,63}$/.test(text));
  if (wrong === undefined) return given;
  throw new HaggleError("SERVER_BAD_CONFIG", "Not names of channels with commas between", {
    at: name,
    value: wrong,
  });
}

/** Never everybody: whoever is trusted may say that he is anyone. */
function readProxies(env: Environment): string[] {
  const proxies = (env.HAGGLE_TRUSTED_PROXIES || "").split(",").map((text) => text.trim());
  const given = proxies.filter((text) => text !== "");
  const wrong = given.find((text) => !isNetwork(text));
  if (wrong === undefined) return given;
  throw new HaggleError(
    "SERVER_BAD_CONFIG",
    "Not addresses, or networks such as 10.0.0.0/8, with commas between",
    {
      at: "HAGGLE_TRUSTED_PROXIES",
      value: wrong,
    },
  );
}

/** As browsers write them, since they are compared as they are; never all, and never that of a page without one. */
function readOrigins(env: Environment): string[] {
  const given = listOf(env.HAGGLE_ORIGINS);
  const wrong = given.find((text) => !/^https?:/.test(text) || URL.parse(text)?.origin !== text);
  if (wrong === undefined) return given;
  throw new HaggleError(
    "SERVER_BAD_CONFIG",
    "Not origins such as https://shop.example, with commas between",
    {
      at: "HAGGLE_ORIGINS",
      value: wrong,
    },
  );
}

/** What promotions may believe of a page without a key; none where nothing is said. */
function readShopperAttributes(env: Environment): string[] {
  const given = listOf(env.HAGGLE_SHOPPER_ATTRIBUTES);
  const value = given.find((name) => !isAttributeName(name));
  if (value === undefined) return given;
  const message = "Not names of attributes that may be kept, with commas between";
  throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "HAGGLE_SHOPPER_ATTRIBUTES", value });
}

function listOf(text = ""): string[] {
  const parts = text.split(",").map((part) => part.trim());
  return parts.filter((part) => part !== "");
}

function isNetwork(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  const bits = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || more.length > 0) return false;
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
}

/** All three or none. The keys come over https, or from this machine. */
function readTokens(env: Environment): AccessSettings["tokens"] {
  const { HAGGLE_JWT_ISSUER: issuer, HAGGLE_JWT_AUDIENCE: audience, HAGGLE_JWT_JWKS: jwks } = env;
  if (!issuer && !audience && !jwks) return undefined;
  if (!issuer || !audience || !jwks) {
    const message = "HAGGLE_JWT_ISSUER, HAGGLE_JWT_AUDIENCE and HAGGLE_JWT_JWKS go together";
    const missing = !issuer ? "HAGGLE_JWT_ISSUER" : !audience ? "HAGGLE_JWT_AUDIENCE" : "HAGGLE_JWT_JWKS";
    throw new HaggleError("SERVER_BAD_CONFIG", message, { at: missing });
  }
  const { protocol, hostname } = URL.parse(jwks) ?? {};
  const isLocal = protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname ?? "");
  if (protocol === "https:" || isLocal) return { issuer, audience, jwks };
  throw new HaggleError("SERVER_BAD_CONFIG", "Not an https address", { at: "HAGGLE_JWT_JWKS", value: jwks });
}

function readRoles(env: Environment): readonly Role[] {
  const text = env.HAGGLE_ROLES;
  if (!text) return ROLES;
  const names = text.split(",").map((name) => name.trim());
  const roles = ROLES.filter((role) => names.includes(role));
  if (roles.length === names.length) return roles;
  const message = `Not some of ${ROLES.join(", ")}, each once, with commas between`;
  throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "HAGGLE_ROLES", value: text });
}

/** Under the names that OpenTelemetry gave them. */
function readTracing(env: Environment): Config["tracing"] {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return undefined;
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    const message = "Not an address such as http://127.0.0.1:4318";
    throw new HaggleError("SERVER_BAD_CONFIG", message, {
      at: "OTEL_EXPORTER_OTLP_ENDPOINT",
      value: endpoint,
    });
  }
  return { endpoint, service: env.OTEL_SERVICE_NAME || "haggle-server" };
}

function readInteger(env: Environment, name: string, missing: number, max: number, min = 0): number {
  const text = env[name];
  if (!text) return missing;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    const message = `Not an integer from ${min} to ${max}`;
    throw new HaggleError("SERVER_BAD_CONFIG", message, { at: name, value: text });
  }
  return value;
}

function readFlag(env: Environment, name: string, missing: "0" | "1" = "0"): boolean {
  const text = env[name] || missing;
  if (text !== "0" && text !== "1") {
    throw new HaggleError("SERVER_BAD_CONFIG", "Neither 0 nor 1", { at: name, value: text });
  }
  return text === "1";
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
