// The life of a rule, second half: compiled code -> metadata -> fuel -> profile -> signature -> signed release.

import {
  type BundleMetadata,
  encodeMetadata,
  explainError,
  HaggleError,
  MAX_BUNDLE_BYTES,
  METADATA_SECTION,
  type Policy,
  type PriceBound,
  type Promotion,
  pushBytes,
  pushU32,
  type Release,
  SECTION_CUSTOM,
} from "@haggle/abi";
import { sha256Hex, verifyProfile } from "@haggle/sdk";
import { type SignedDocument, type Signer, signDocument } from "@haggle/sdk/sign";
import { defaultPromotions, unnamedRules } from "./default-promotions.ts";
import { type Diagnostic, diagnosticOf } from "./diagnostics.ts";
import { meter, movedOffset } from "./meter.ts";
import type { Metered } from "./meter-write.ts";
import type { Compiler, Project } from "./project.ts";
import { signBundle } from "./sign.ts";
import { releaseDocument, signRoot } from "./signed-documents.ts";
import { moveSourceMap } from "./source-map.ts";

export type BuildOptions = {
  /** Beside these, a rule that none of them names is a promotion by itself, unless it is a template. */
  promotions?: readonly Promotion[];
  /** The default policy when left out. */
  policy?: Policy;
  /** Within which strategies may set prices. */
  bounds?: readonly PriceBound[];
  /** What is wrong with promotions and policy, for the rules that were compiled: an error ends the build. */
  check?: (metadata: BundleMetadata) => Diagnostic[];
  /** A project without a rule will do; so it will with promotions. */
  withoutRules?: boolean;
  /** A source map of the bundle, for stack traces. */
  sourceMap?: boolean;
  compiler: Compiler;
  signer: Signer;
  /** Of the release; from 1, higher than the one before. */
  version: number;
  /** Epoch ms: when the release was issued. */
  now: number;
  /** Epoch ms; a year after `now` when left out. */
  expires?: number;
  /** Digest of the release before this one. */
  previous?: string;
  /** Marks the root as one machine's own, which production refuses. */
  development?: boolean;
  /** A root to go on using, so that whoever pinned it need not change; made anew when left out. */
  root?: SignedDocument;
};

export type Build =
  | { ok: false; diagnostics: Diagnostic[] }
  | {
      ok: true;
      /** Metered, inside the profile, signed. */
      bundle: Uint8Array<ArrayBuffer>;
      /** Hex SHA-256 of `bundle`. */
      digest: string;
      release: SignedDocument;
      root: SignedDocument;
      metadata: BundleMetadata;
      /** Where it was asked for: revision 3, columns are offsets in `bundle`. */
      sourceMap?: string;
      /** Those of the release, in no order that matters. */
      promotions: readonly Promotion[];
      /** Warnings. */
      diagnostics: Diagnostic[];
    };

/**
 * Builds and signs a project. The same sources, data, key, version and time give the same bytes. What is wrong with
 * the sources comes back as diagnostics; what is wrong with the options, such as a promotion of a rule that is not
 * there, throws.
 */
export async function build(project: Project, options: BuildOptions): Promise<Build> {
  const { signer, now, development = false } = options;
  const draft = await draftRelease(project, options);
  if (!draft.ok) return draft;
  const { metadata, diagnostics } = draft;

  const bundle = await signBundle(draft.bundle, signer);
  if (bundle.length > MAX_BUNDLE_BYTES) {
    return { ok: false, diagnostics: [tooLarge(bundle.length), ...diagnostics] };
  }
  const digest = await sha256Hex(bundle);
  const bundles = [{ sha256: digest, size: bundle.length }];
  const release = await signDocument({ ...draft.release, bundles }, [signer]);
  const root = options.root ?? (await signRoot({ signer, now, development }));
  const { promotions } = draft;
  // The signature stands before everything that the map is about.
  const moved = bundle.length - draft.bundle.length;
  const sourceMap = draft.sourceMap && moveSourceMap(draft.sourceMap, (offset) => offset + moved);
  return {
    ...{ ok: true, bundle, digest, release, root, metadata, promotions, diagnostics },
    ...(sourceMap && { sourceMap }),
  };
}

export type DraftOptions = Pick<
  BuildOptions,
  | "promotions"
  | "policy"
  | "bounds"
  | "check"
  | "withoutRules"
  | "sourceMap"
  | "compiler"
  | "version"
  | "now"
  | "expires"
  | "previous"
> & {
  /** That of the root under which the release will be verified. */
  tenant?: string;
};

export type Draft =
  | { ok: false; diagnostics: Diagnostic[] }
  | {
      ok: true;
      /** Metered, inside the profile, not signed. */
      bundle: Uint8Array<ArrayBuffer>;
      /** Names that bundle as it is: signatures give it another digest. */
      release: Release;
      metadata: BundleMetadata;
      /** Where it was asked for. A signature moves what it is about: see `moveSourceMap`. */
      sourceMap?: string;
      promotions: readonly Promotion[];
      diagnostics: Diagnostic[];
    };

/** What `build` signs, for those whose signatures come from elsewhere. */
export async function draftRelease(project: Project, options: DraftOptions): Promise<Draft> {
  const stated = options.promotions ?? [];
  const compiled = await options.compiler.compile(project, {
    withoutRules: options.withoutRules ?? stated.length > 0,
    sourceMap: options.sourceMap ?? false,
  });
  if (!compiled.ok) return compiled;
  const { metadata } = compiled;
  const faults = options.check?.(metadata) ?? [];
  if (faults.some(({ severity }) => severity === "error")) {
    return { ok: false, diagnostics: [...faults, ...compiled.diagnostics] };
  }
  const sealed = seal(compiled.wasm, metadata);
  if ("severity" in sealed) return { ok: false, diagnostics: [sealed, ...compiled.diagnostics] };

  const bundle = Uint8Array.from(sealed.bytes);
  const sourceMap =
    compiled.sourceMap && moveSourceMap(compiled.sourceMap, (old) => movedOffset(sealed.offsets, old));
  const { version, now, policy, bounds, expires, previous, tenant } = options;
  const promotions = [...stated, ...defaultPromotions(unnamedRules(metadata.rules, stated))];
  const release = releaseDocument({
    version,
    now,
    bundle: { sha256: await sha256Hex(bundle), size: bundle.length },
    metadata,
    promotions,
    ...(policy && { policy }),
    ...(bounds && { bounds }),
    ...(expires !== undefined && { expires }),
    ...(previous && { previous }),
    ...(tenant && { tenant }),
  });
  return {
    ok: true,
    bundle,
    release,
    ...(sourceMap && { sourceMap }),
    metadata,
    promotions,
    diagnostics: [...faults, ...compiled.diagnostics],
  };
}

/** Adds the metadata and the fuel, and holds the result against the profile that every host will check. */
function seal(wasm: Uint8Array, metadata: BundleMetadata): Metered | Diagnostic {
  try {
    const metered = meter(appendSection(wasm, METADATA_SECTION, encodeMetadata(metadata)));
    verifyProfile(metered.bytes);
    return metered;
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    if (cause.code === "PROFILE_TOO_LARGE") return tooLarge(Number(cause.value));
    return diagnosticOf("", cause.code, explainError(cause), PROFILE_HINTS[cause.code]);
  }
}

const PROFILE_HINTS: Partial<Record<string, string>> = {
  PROFILE_RECURSION: "a function or method reaches itself; write it as a loop",
  PROFILE_FLOAT: "something in the rules works with fractions; use Percent and mulDiv",
  PROFILE_IMPORT:
    "something in the rules asks the host for a value; everything a rule needs is in its context",
  PROFILE_START: "something in the rules runs before the first evaluation; move it into a function",
};

function tooLarge(size: number): Diagnostic {
  const message = `The bundle has ${size} bytes, more than ${MAX_BUNDLE_BYTES}`;
  return diagnosticOf("", "BUILD_TOO_LARGE", message, "split the project: one bundle per shop or catalogue");
}

function appendSection(wasm: Uint8Array, name: string, payload: Uint8Array): Uint8Array {
  const content: number[] = [];
  const label = new TextEncoder().encode(name);
  pushU32(content, label.length);
  pushBytes(content, label);
  pushBytes(content, payload);
  const section: number[] = [SECTION_CUSTOM];
  pushU32(section, content.length);
  pushBytes(section, content);
  const out = new Uint8Array(wasm.length + section.length);
  out.set(wasm);
  out.set(section, wasm.length);
  return out;
}
