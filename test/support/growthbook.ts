// Experiments as GrowthBook's own SDK has them, so that it can be asked the same.

import {
  type FeatureDefinitions,
  GrowthBook,
  type Experiment as GrowthBookExperiment,
  type StickyAssignmentsDocument,
  StickyBucketServiceSync,
} from "@growthbook/growthbook";
import type { AssignmentContext, Experiment } from "@haggle/sdk/experiments";

export type Remembered = Record<string, StickyAssignmentsDocument>;

export type GrowthBookAnswer = { variant: string | undefined; bucket: number | undefined; isSticky: boolean };

/** What GrowthBook assigns. With `remembered` it looks there, and writes there what is new. */
export function askGrowthBook(
  experiments: readonly Experiment[],
  key: string,
  { units, attributes = {} }: AssignmentContext,
  remembered?: Remembered,
): GrowthBookAnswer {
  const ids = Object.entries(units).map(([kind, unit]) => [attributeOf(kind), unit] as const);
  const subject = new GrowthBook({
    attributes: { ...attributes, ...Object.fromEntries(ids) },
    features: featuresOf(experiments),
    ...(remembered && {
      stickyBucketService: new Service(remembered),
      stickyBucketAssignmentDocs: remembered,
    }),
  });
  const asked = subject.run(toGrowthBook(experiments.find((each) => each.key === key)!));
  subject.destroy();
  return {
    variant: asked.inExperiment ? asked.key : undefined,
    bucket: asked.bucket === undefined ? undefined : Math.round(asked.bucket * 10_000),
    isSticky: asked.inExperiment && asked.stickyBucketUsed === true,
  };
}

/** The attribute that holds the id of a kind. */
function attributeOf(kind: string): string {
  return `unit-${kind}`;
}

class Service extends StickyBucketServiceSync {
  readonly #remembered: Remembered;

  constructor(remembered: Remembered) {
    super();
    this.#remembered = remembered;
  }

  override getAssignmentsSync(
    attributeName: string,
    attributeValue: string,
  ): StickyAssignmentsDocument | null {
    return this.#remembered[`${attributeName}||${attributeValue}`] ?? null;
  }

  override saveAssignmentsSync(document: StickyAssignmentsDocument): void {
    this.#remembered[`${document.attributeName}||${document.attributeValue}`] = document;
  }
}

/** Prerequisites ask for features: one for each experiment, whose value is the variant's key. */
function featuresOf(experiments: readonly Experiment[]): FeatureDefinitions {
  return Object.fromEntries(
    experiments.map((experiment) => {
      const { status: _, ...rule } = toGrowthBook(experiment);
      return [experiment.key, { defaultValue: null, rules: [rule as object] }];
    }),
  );
}

function toGrowthBook(experiment: Experiment): GrowthBookExperiment<string> {
  const { key, unit, seed, variants, coverage, ranges, namespace, condition } = experiment;
  const { prerequisites = [], holdout, sticky, bucketVersion, minBucketVersion } = experiment;
  const parents = prerequisites.map((needed) => ({
    ...{ id: needed.experiment, gate: true, condition: { value: { $in: needed.variants } } },
  }));
  if (holdout !== undefined) {
    parents.push({ id: holdout, gate: true, condition: { value: { $ne: "holdout" } } as never });
  }
  return {
    ...{ key, seed, coverage, hashVersion: 2, hashAttribute: attributeOf(unit) },
    variations: variants.map((variant) => variant.key) as [string, string],
    meta: variants.map((variant) => ({ key: variant.key })),
    weights: variants.map(({ weight }) => weight),
    ...(ranges && { ranges }),
    ...(namespace && {
      filters: [
        { attribute: attributeOf(unit), seed: namespace.name, hashVersion: 2, ranges: [namespace.range] },
      ],
    }),
    ...(condition && { condition: condition as never }),
    ...(parents.length > 0 && { parentConditions: parents }),
    disableStickyBucketing: sticky !== true,
    ...(bucketVersion !== undefined && { bucketVersion }),
    ...(minBucketVersion !== undefined && { minBucketVersion }),
  };
}
