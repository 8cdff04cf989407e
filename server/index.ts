export { type App, createApp } from "./app.ts";
export { type Config, readConfig } from "./config.ts";
export * as rolloutMachine from "./modules/rollout/machine.ts";
export { type Clock, systemClock } from "./platform/clock.ts";
export { type Database, type DatabaseOptions, openDatabase } from "./platform/database/database.ts";
export { type EmbeddedPostgres, startEmbedded } from "./platform/database/embedded.ts";
export type { ErrorBody } from "./platform/errors.ts";
export { createLog } from "./platform/log.ts";
export { serve } from "./serve.ts";
