// Defects that the tests must see. Each is a change of the source's text, made when the file is loaded and never on disk.

import { PAYMENT_MUTANTS } from "./payment-mutants.ts";

export type Mutant = {
  name: string;
  /** In the repository. */
  file: string;
  /** Texts that stand there exactly once, and what stands there instead. */
  edits: readonly (readonly [from: string, to: string])[];
  /** Files of tests, each of which must fail. */
  suites: readonly string[];
  /** Only tests of these names, where a file has more than are needed. */
  only?: string;
};

const VECTORS = "test/sdk/update-vectors.test.ts";
const RACES = "test/server/inventory-races.test.ts";
const SIGNATURES = ["test/sdk/signature.test.ts", "test/sdk/signature-hostile.test.ts"];

/** The two that the trust in thresholds and in bundles stands on, in every place where they could be. */
export const NAMED_MUTANTS: readonly Mutant[] = [
  {
    name: "documents: signatures are counted instead of keys",
    file: "sdk/src/verify.ts",
    edits: [["signers.add(keyid);", "signers.add(String(index));"]],
    suites: [VECTORS, "test/sdk/documents.test.ts"],
    only: "signatures|fewer keys",
  },
  {
    name: "bundles: signatures are counted instead of keys",
    file: "sdk/src/signature.ts",
    edits: [["[...new Set(found)].filter(", "found.filter("]],
    suites: SIGNATURES,
  },
  {
    name: "bundles: the beginning of the list of hashes is enough",
    file: "sdk/src/signature.ts",
    edits: [
      ["set.hashes.length === hashes.length &&", ""],
      ["const { signatures } = findWholeSet", "const { signatures, hashes: listed } = findWholeSet"],
      ["const message = encodeSignedHashes(hashes);", "const message = encodeSignedHashes(listed);"],
    ],
    suites: SIGNATURES,
  },
  {
    name: "stock: what is decided is told before it is committed",
    file: "server/modules/inventory/writer.ts",
    edits: [
      [
        "isCommitting = true;\n          return decided;",
        "isCommitting = true;\n          left.forEach((each, i) => conclude(each, decided[i]!));\n          return decided;",
      ],
    ],
    suites: [RACES],
    only: "is told to nobody before|so at once where the database",
  },
  {
    name: "payments: the provider is asked before it is written down what for",
    file: "server/modules/payments/service.ts",
    edits: [
      [
        "const sealed = secrets.seal(",
        `const { amount: sum, currency } = payment;
        const early = { operation: operation.id, amount: sum, currency, token, capture: true };
        await providers.get(name)!.authorise(early).catch(() => {});
        const sealed = secrets.seal(`,
      ],
    ],
    suites: ["test/server/payments.test.ts"],
    only: "is written down and committed before|is asked of a provider that there is",
  },
];

export const MUTANTS: readonly Mutant[] = [
  ...NAMED_MUTANTS,
  ...PAYMENT_MUTANTS,
  {
    name: "stock: levels are not locked",
    file: "server/modules/inventory/reservation-store.ts",
    edits: [["order by location, bucket for update offset 0", "order by location, bucket offset 0"]],
    suites: ["test/server/inventory-contract.test.ts"],
    only: "a thousand callers|an end",
  },
  {
    name: "commands to Redis whose answer was lost are sent again",
    file: "server/platform/redis.ts",
    edits: [
      ["autoResendUnfulfilledCommands: false", "autoResendUnfulfilledCommands: true"],
      ["maxRetriesPerRequest: 0", "maxRetriesPerRequest: 20"],
    ],
    suites: ["test/server/redis.test.ts"],
  },
  {
    name: "updates: the beginning of the list of hashes is enough",
    ...pick("bundles: the beginning of the list of hashes is enough"),
    suites: [VECTORS],
    only: "^bundle",
  },
  {
    name: "a wrong signature by a known key is passed over",
    file: "sdk/src/verify.ts",
    edits: [['throw refuse("DOCUMENT_BAD_SIGNATURE",', 'return; refuse("DOCUMENT_BAD_SIGNATURE",']],
    suites: [VECTORS],
    only: "^signatures",
  },
  {
    name: "keys of small order are taken",
    file: "sdk/src/keys.ts",
    edits: [["|| !isSoundKey(bytes)", ""]],
    suites: [VECTORS, "test/sdk/keys.test.ts"],
    only: "^keys|importPublicKey",
  },
  {
    name: "documents do not expire",
    file: "sdk/src/verify.ts",
    edits: [['if (expires <= now) throw refuse("DOCUMENT_EXPIRED", "expires", expires);', ""]],
    suites: [VECTORS],
    only: "^channel|^first time",
  },
  {
    name: "only the clock says what time it is",
    file: "sdk/src/trust/updater.ts",
    edits: [["Math.max(clock(), floors.issued)", "clock()"]],
    suites: [VECTORS],
    only: "^channel",
  },
  {
    name: "older channel documents are taken",
    file: "sdk/src/verify.ts",
    edits: [["if (floor && document.version < floor.version)", "if (false)"]],
    suites: [VECTORS],
    only: "^channel|^memory",
  },
  {
    name: "another channel document of the same version is taken",
    file: "sdk/src/verify.ts",
    edits: [["document.version === floor.version && sha256 !== floor.sha256", "false"]],
    suites: [VECTORS],
    only: "^channel",
  },
  {
    name: "a lost key's versions stay when it is replaced",
    file: "sdk/src/trust/memory.ts",
    edits: [
      [
        "state && ifVerified(verifyChannel(state.channel, trusted))",
        "state && ifVerified(verifyChannel(state.channel, roots.at(-1)!.trusted))",
      ],
    ],
    suites: [VECTORS],
    only: "^lost online key",
  },
  {
    name: "new roots need no old keys",
    file: "sdk/src/trust/roots.ts",
    edits: [['await verifySignatures(parseEnvelope(bytes, "root"), signersOf(old, "root"));', ""]],
    suites: [VECTORS],
    only: "^roots|^roles",
  },
  {
    name: "new roots may leave versions out",
    file: "sdk/src/trust/roots.ts",
    edits: [["if (version !== old.root.version + 1)", "if (false)"]],
    suites: [VECTORS],
    only: "^roots",
  },
  {
    name: "the built-in lowest release is forgotten",
    file: "sdk/src/trust/updater.ts",
    edits: [["Math.max(minRelease, channel.minRelease)", "channel.minRelease"]],
    suites: [VECTORS],
    only: "^first time",
  },
  {
    name: "documents of other tenants are taken",
    file: "sdk/src/verify.ts",
    edits: [["tenant !== undefined && document.tenant !== tenant", "false"]],
    suites: [VECTORS],
    only: "^tenants",
  },
  {
    name: "a release is not the one that the channel names",
    file: "sdk/src/verify.ts",
    edits: [["expected !== undefined && sha256 !== expected", "false"]],
    suites: [VECTORS],
    only: "^release",
  },
  {
    name: "a bundle is not the one that the release names",
    file: "sdk/src/engine.ts",
    edits: [["reference?.sha256 !== sha256 || reference.size !== bundle.length", "false"]],
    suites: [VECTORS],
    only: "^bundle",
  },
  {
    name: "prices have no bounds",
    file: "sdk/src/trust/prices.ts",
    edits: [["unitPrice < bound.minUnitPrice || unitPrice > bound.maxUnitPrice", "false"]],
    suites: [VECTORS, "test/sdk/trust/prices.test.ts"],
    only: "^prices|bound",
  },
  {
    name: "older prices are taken",
    file: "sdk/src/trust/prices.ts",
    edits: [["floor && prices.version < floor.version", "false"]],
    suites: [VECTORS],
    only: "^prices",
  },
];

function pick(name: string): Pick<Mutant, "file" | "edits"> {
  const { file, edits } = NAMED_MUTANTS.find((mutant) => mutant.name === name)!;
  return { file, edits };
}
