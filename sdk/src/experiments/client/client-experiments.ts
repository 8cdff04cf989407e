import { type Cart, type ExperimentUnit, HaggleError } from "@haggle/abi";
import type { Decision } from "../../decision.ts";
import { isAlarming } from "../../trust/events.ts";
import { createAssigner } from "../assigner.ts";
import type { Assigner, Assignment, AssignmentContext } from "../assignment.ts";
import { findEntrant } from "../entrant.ts";
import { withVariants } from "../segments.ts";
import { createWebStickyStore, type StickyStore } from "../sticky.ts";
import { type ConsentStorage, createConsentedTexts } from "./consented-texts.ts";
import { createExposureQueue, type Exposure } from "./exposures.ts";
import {
  createFollowedDocument,
  documentPlace,
  type FollowedDocument,
  type HeldDocument,
} from "./followed-document.ts";
import type { ClientExperiments, ExperimentsContext, ExperimentsHost } from "./host.ts";
import { assignmentPlace } from "./open-assignment.ts";

export type ClientExperimentsOptions = {
  /** Where variants, the document and the session's unit are kept. Default: the page's `localStorage`, where there is a page. */
  storage?: ConsentStorage | undefined;
  /**
   * Whether anything may be stored and told from the start; default true. With `false` variants go by their buckets, and
   * nothing is stored and nobody told until `setConsent(true)`.
   */
  consent?: boolean;
  /** The signed document, as the server inlined it into the page: no request stands between the page and its variants. */
  document?: string | undefined;
  /** What remembers variants of experiments that are `sticky`. Default: the storage. */
  sticky?: StickyStore | undefined;
  /** Called with each exposure, once, when it is recorded: for a page's own analytics, and for units of customers and carts. */
  onExposure?: ((exposure: Exposure) => void) | undefined;
};

/** Which exposures were recorded: as many as no page has. Whatever is forgotten is told again, and counts once all the same. */
const MAX_RECORDED = 5_000;

/** What a cart was given, and to whom. */
type Given = { assignments: readonly Assignment[]; units: AssignmentContext["units"] };

/**
 * Experiments for `createHaggle`: follows the signed document of the channel, gives carts their variants before they are
 * priced, and tells the server which of them were seen.
 *
 * @example
 * const haggle = createHaggle({ url: "", root, experiments: clientExperiments({ consent: hasAgreed }) });
 * await haggle.ready();
 * haggle.evaluate(cart); // with the variants that the server gives the same cart
 */
export function clientExperiments(options: ClientExperimentsOptions = {}): ClientExperiments {
  const { consent = true, document: given, onExposure } = options;
  const kept = createConsentedTexts(options.storage ?? findPageStorage(), consent);
  const sticky = options.sticky ?? createWebStickyStore(kept.texts);
  /** By the cart that was priced: pages price the same one again. */
  const givenTo = new WeakMap<object, Given>();
  const recorded = new Set<string>();
  let settle = (): void => {};
  const ready = new Promise<void>((resolve) => {
    settle = resolve;
  });
  let isGranted = consent;
  let host: ExperimentsHost | undefined;
  let followed: FollowedDocument | undefined;
  let queue: ReturnType<typeof createExposureQueue> | undefined;
  let assigner: Assigner | undefined;
  let assignsBy: string | undefined;
  let isLooking = false;
  let due: { document?: string | undefined } | undefined;
  let refusedFor: string | undefined;
  let isClosed = false;

  /** One look at a time; whatever is told during one is looked at behind it. */
  function told(document?: string): void {
    if (followed === undefined || isClosed) return;
    due = { document };
    if (!isLooking) void lookAll(followed);
  }

  async function lookAll({ look }: FollowedDocument): Promise<void> {
    isLooking = true;
    try {
      while (due !== undefined && !isClosed) {
        const { document } = due;
        due = undefined;
        await lookOnce(() => look(document));
      }
    } finally {
      isLooking = false;
    }
  }

  async function lookOnce(look: () => Promise<void>): Promise<void> {
    const hasRoot = host?.trusted() !== undefined;
    try {
      await look();
      refusedFor = undefined;
      use(followed?.held);
    } catch (cause) {
      if (isClosed) return;
      use(followed?.held);
      tell(cause);
    } finally {
      // Nobody waits for ever, whatever went wrong.
      if (hasRoot) settle();
    }
  }

  /** The same again is told once, until a look has passed in between. */
  function tell(cause: unknown): void {
    if (!(cause instanceof HaggleError)) throw cause;
    if (refusedFor === cause.message) return;
    refusedFor = cause.message;
    host?.failed(cause, isAlarming(cause));
  }

  function use(held: HeldDocument | undefined): void {
    if (held?.sha256 === assignsBy) return;
    assignsBy = held?.sha256;
    assigner = held && createAssigner(held.experiments.experiments, { sticky });
    host?.changed(held?.text);
  }

  function unitsOf({ unit, units }: ExperimentsContext): AssignmentContext["units"] {
    const session = units?.session ?? host?.session()?.unit;
    // Who is named is a customer, as for the server; the unit of a session says nothing of one.
    const customer = units?.customer ?? (unit === session ? undefined : unit);
    return { ...units, customer, session };
  }

  function apply(cart: Cart, context: ExperimentsContext): Cart {
    if (assigner === undefined) return cart;
    try {
      const entrant = findEntrant(cart, unitsOf(context), context.attributes);
      if (entrant === undefined) return cart;
      const assignments = assigner.assignAll(entrant);
      const applied = withVariants(cart, assignments);
      if (assignments.length > 0) givenTo.set(applied, { assignments, units: entrant.units });
      return applied;
    } catch {
      // A page gives whatever it has, with getters that throw. The engine refuses it in its own words.
      return cart;
    }
  }

  function priced(cart: Cart, { ok }: Decision): void {
    const seen = givenTo.get(cart);
    if (!ok || seen === undefined || !isGranted || isClosed) return;
    const experiments = followed?.held?.experiments.experiments ?? [];
    for (const { experiment, variant, counts } of seen.assignments) {
      const found = experiments.find(({ key }) => key === experiment);
      const unit = found && seen.units[found.unit];
      if (!counts || found === undefined || unit === undefined) continue;
      // Another phase has another seed, and counts from its beginning.
      const name = JSON.stringify([experiment, found.seed, found.bucketVersion, variant, found.unit, unit]);
      if (recorded.has(name)) continue;
      const exposure: Exposure = { experiment, variant, unit: String(unit), at: Date.now() };
      if (isProvable(found.unit, exposure) && !queue?.offer(exposure)) continue;
      record(name);
      onExposure?.(exposure);
    }
  }

  /** A token proves the session. Whose cart or customer it is the server does not believe of a page. */
  function isProvable(kind: ExperimentUnit, { unit }: Exposure): boolean {
    return kind === "session" && unit === host?.session()?.unit;
  }

  /** What waits goes first: nobody is told, whatever the storage does. */
  function withdraw(): void {
    queue?.clear();
    recorded.clear();
    kept.grant(false, host && [documentPlace(host.channel), assignmentPlace(host.channel)]);
  }

  function record(name: string): void {
    recorded.add(name);
    if (recorded.size > MAX_RECORDED) recorded.delete(recorded.keys().next().value!);
  }

  function leave(): void {
    if (globalThis.document?.visibilityState === "hidden") queue?.beacon();
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    queue?.close();
    globalThis.document?.removeEventListener("visibilitychange", leave);
    settle();
  }

  return {
    start(by) {
      host = by;
      if (consent && !isGranted) withdraw();
      const { cdn, url = cdn === undefined ? "" : undefined, signal } = by;
      followed = createFollowedDocument({ host: by, storage: kept.texts, given });
      queue = createExposureQueue({
        url,
        session: () => by.session(),
        failed: (error) => by.failed(error, false),
      });
      // The last that a page is certain to be told: whatever ends it hides it first.
      globalThis.document?.addEventListener("visibilitychange", leave);
      signal.addEventListener("abort", close, { once: true });
      told();
    },
    told,
    ready: () => ready,
    apply,
    priced,
    assign(experiment, context = {}) {
      const { unit, units, attributes } = host?.context?.() ?? {};
      const who = { unit: context.unit ?? unit, units: over(units, context.units) };
      return (
        assigner?.assign(experiment, {
          units: unitsOf(who),
          attributes: { ...attributes, ...context.attributes },
        }) ?? { experiment, variant: undefined, reason: "unknown" }
      );
    },
    get signed() {
      return followed?.held?.experiments;
    },
    storage: kept.texts,
    setConsent(granted) {
      isGranted = granted;
      if (granted) kept.grant(true);
      else withdraw();
    },
    get exposures() {
      return queue?.counts ?? { queued: 0, sent: 0, dropped: 0, refused: 0 };
    },
    flush: () => queue?.flush(),
    close,
  };
}

/** Units of which those of the second count first, where it has any. */
function over(
  units: AssignmentContext["units"] = {},
  {
    customer = units.customer,
    session = units.session,
    cart = units.cart,
    sku = units.sku,
  }: AssignmentContext["units"] = {},
): AssignmentContext["units"] {
  return { customer, session, cart, sku };
}

/** Undefined in Node and in workers, and where a page may keep nothing. */
function findPageStorage(): ConsentStorage | undefined {
  if (!("document" in globalThis)) return undefined;
  try {
    return globalThis.localStorage;
  } catch (cause) {
    if (cause instanceof DOMException) return undefined;
    throw cause;
  }
}
