import type { FastifyBaseLogger } from "fastify";
import type { Level, Logger } from "pino";

type Said = [what: unknown, ...more: unknown[]];

/** The log of one request. It is made with the first line that is written: most requests have nothing to say. */
export class RequestLog implements FastifyBaseLogger {
  readonly #from: Logger;
  readonly #make: () => FastifyBaseLogger;
  #own: FastifyBaseLogger | undefined;

  /** @param from of the server, whose level it has */
  constructor(from: Logger, make: () => FastifyBaseLogger) {
    this.#from = from;
    this.#make = make;
  }

  get level(): string {
    return this.#from.level;
  }

  fatal(...said: Said): void {
    this.#write("fatal", said);
  }
  error(...said: Said): void {
    this.#write("error", said);
  }
  warn(...said: Said): void {
    this.#write("warn", said);
  }
  info(...said: Said): void {
    this.#write("info", said);
  }
  debug(...said: Said): void {
    this.#write("debug", said);
  }
  trace(...said: Said): void {
    this.#write("trace", said);
  }
  silent(): void {}

  child(...given: Parameters<FastifyBaseLogger["child"]>): FastifyBaseLogger {
    return this.#log().child(...given);
  }

  #log(): FastifyBaseLogger {
    this.#own ??= this.#make();
    return this.#own;
  }

  #write(level: Level, said: Said): void {
    if (this.#from.isLevelEnabled(level)) this.#log()[level](...(said as [object, string]));
  }
}
