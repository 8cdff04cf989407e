import type { Cart, Experiments, HaggleError } from "@haggle/abi";
import type { Decision } from "../../decision.ts";
import type { TrustedRoot } from "../../verify.ts";
import type { Assignment, AssignmentContext, NotAssigned } from "../assignment.ts";
import type { ExposureCounts } from "./exposures.ts";
import type { KeptTexts } from "./kept-texts.ts";

/** Who the page is for, as `createHaggle` is told. */
export type ExperimentsContext = {
  /** By which the arm of a rollout is chosen: the id of an account. It is the unit `customer` too. */
  unit?: string | undefined;
  units?: AssignmentContext["units"] | undefined;
  attributes?: AssignmentContext["attributes"];
};

/** What follows a channel, as far as experiments need it. `createHaggle` is one. */
export type ExperimentsHost = {
  url?: string | undefined;
  cdn?: string | undefined;
  channel: string;
  /** Of what is live; undefined before the first release. */
  trusted(): TrustedRoot | undefined;
  /** Whom the client is for now: what `assign` is not told. */
  context?(): ExperimentsContext;
  /** The unit that the server has signed, with its token. */
  session(): { unit: string; token: string } | undefined;
  /** Carts may have other variants than before, by this document. */
  changed(document: string | undefined): void;
  failed(error: HaggleError, alarm: boolean): void;
  signal: AbortSignal;
};

/** Experiments of a channel, for a client that follows it. Nothing of it throws into a checkout. */
export type ClientExperiments = {
  /** Called once, by the client. */
  start(host: ExperimentsHost): void;
  /** There may be another document, or another root: look. Nothing is fetched where the document is given and counts. */
  told(document?: string): void;
  /** Resolves when the first look is over, whatever came of it: until then carts have no variants. Never rejects. */
  ready(): Promise<void>;
  /**
   * The cart with the segments of its variants; the very same where it has none. It is for the engine alone: servers refuse
   * carts that claim a variant.
   */
  apply(cart: Cart, context: ExperimentsContext): Cart;
  /** Of a cart that `apply` gave: what it saw is told to the server, once. */
  priced(cart: Cart, decision: Decision): void;
  /**
   * In which variant somebody is; with `units.cart` or `units.sku` for experiments over those. What the context leaves out is
   * that of the client.
   */
  assign(experiment: string, context?: ExperimentsContext): Assignment | NotAssigned;
  /** The document in use. */
  readonly signed: Experiments | undefined;
  /** What keeps texts in the page's storage as far as somebody has agreed. */
  readonly storage: KeptTexts;
  /**
   * Whether anything may be stored and told. Taken back, what waits is dropped, and what the page's storage has of Haggle is
   * removed; variants stay what they are until the page ends.
   */
  setConsent(granted: boolean): void;
  readonly exposures: ExposureCounts;
  /** Sends now what waits. */
  flush(): void;
  close(): void;
};
