import type { Queryable } from "../../platform/database/database.ts";

/**
 * Sums of what one variant's units brought in one currency; each unit is one value. What came back, which is also any
 * revenue below 0, lowers revenue, margin and discount, and is no order.
 */
export type MoneySums = {
  variant: string;
  currency: string;
  orders: number;
  /** Sum of the squares of each unit's orders. */
  ordersSquares: number;
  revenue: number;
  revenueSquares: number;
  discount: number;
  discountSquares: number;
  /** Sum of each unit's discount times its orders. */
  discountOrders: number;
  /** Orders whose costs are known. */
  marginOrders: number;
  margin: number;
  marginSquares: number;
  /** Of orders, by R-7. null where there are none but refunds. */
  p50: number | null;
  p90: number | null;
  p99: number | null;
};

export type Sums = {
  units: { variant: string; units: number; converted: number }[];
  /** Units that had at least one outcome of a metric. */
  metrics: { variant: string; metric: string; units: number }[];
  money: MoneySums[];
  /** Units that were exposed to more than one variant, the first of them that came. */
  conflicts: { unit: string; variants: string[] }[];
  excluded: {
    /** Units that were exposed to more than one variant. */
    multipleUnits: number;
    /** Units of a sticky experiment that were drawn before the weights were changed, and stay what they were. */
    carried: number;
    /** Events of units whose variant somebody forced. */
    forced: number;
    /** Before the phase began, and after the experiment ended. */
    earlier: number;
    afterEnd: number;
    /** Outcomes of units that were not exposed before to the variant that they name. */
    unattributed: number;
  };
};

export type SumsQuery = {
  experiment: string;
  /** Epoch ms: from inclusive, until exclusive. */
  since: number;
  /** Of a sticky experiment: when its bucket version began. Whoever was exposed from then on was drawn by then. */
  drawnSince: number | null;
  until: number;
  forced: readonly string[];
};

/** As many as somebody looks up by hand. */
const MAX_CONFLICTS = 20;

/**
 * One statement, so that all figures are of one moment. A unit counts from its first exposure on, in the variant of that.
 * Carried units are in no figure: by other weights more of one variant's units would be old customers than of another's.
 * percentile_cont is R-7.
 */
const SELECT = `with counted as (
    select * from experiment_events
    where experiment = $1 and at >= $2 and at < $3 and unit <> all ($4::text[])
  ), earlier as (
    select unit from experiment_events
    where experiment = $1 and type = 'exposure' and at >= $5 and at < $2
  ), seen as (
    select unit, min(variant) as variant, min(at) as at, count(distinct variant) > 1 as is_multiple,
      count(distinct variant) = 1 and coalesce($5::bigint <> $2, false)
        and (coalesce(min(drawn_at) < $2, false) or unit in (select unit from earlier)) as is_carried
    from counted where type = 'exposure' group by unit
  ), exposed as (
    select unit, variant, at from seen where not is_multiple and not is_carried
  ), outcomes as (
    select counted.*, counted.is_back or coalesce(value_minor < 0, false) as came_back from counted join exposed using (unit, variant)
    where counted.type = 'outcome' and counted.at >= exposed.at
  ), converted as (
    select variant, count(distinct unit) as units from outcomes
    where metric = 'conversion' or (metric = 'revenue' and not came_back) group by variant
  ), orders as (
    select variant, currency, unit, count(*) filter (where not came_back) as orders,
      sum(value_minor)::float8 as revenue,
      coalesce(sum(case when came_back then -discount_minor else discount_minor end), 0)::float8 as discount,
      count(margin_minor) filter (where not came_back) as margin_orders,
      coalesce(sum(margin_minor), 0)::float8 as margin
    from outcomes where metric = 'revenue' group by variant, currency, unit
  ), sums as (
    select variant, currency, sum(orders)::float8 as "orders", sum(orders ^ 2)::float8 as "ordersSquares",
      sum(revenue) as "revenue", sum(revenue ^ 2) as "revenueSquares",
      sum(discount) as "discount", sum(discount ^ 2) as "discountSquares", sum(discount * orders) as "discountOrders",
      sum(margin_orders)::float8 as "marginOrders", sum(margin) as "margin", sum(margin ^ 2) as "marginSquares"
    from orders group by variant, currency
  ), quantiles as (
    select variant, currency, percentile_cont(array[0.5, 0.9, 0.99]) within group (order by value_minor) as at
    from outcomes where metric = 'revenue' and not came_back group by variant, currency
  ), money as (
    select sums.*, at[1] as p50, at[2] as p90, at[3] as p99 from sums left join quantiles using (variant, currency)
    order by currency, variant
  )
  select
    (select coalesce(json_agg(row), '[]') from (
      select variant, count(*) as units, coalesce(max(converted.units), 0) as converted
      from exposed left join converted using (variant) group by variant order by variant) as row) as units,
    (select coalesce(json_agg(row), '[]') from (
      select variant, metric, count(distinct unit) as units from outcomes group by variant, metric
      order by variant, metric) as row) as metrics,
    (select coalesce(json_agg(money), '[]') from money) as money,
    (select count(*) from seen where is_multiple) as "multipleUnits",
    (select coalesce(json_agg(row), '[]') from (
      select unit, array_agg(distinct variant order by variant) as variants from counted
      where type = 'exposure' and unit in (select unit from seen where is_multiple)
      group by unit order by min(at), unit limit ${MAX_CONFLICTS}) as row) as conflicts,
    (select count(*) from seen where is_carried) as carried,
    (select count(*) from experiment_events where experiment = $1 and unit = any ($4::text[])) as forced,
    (select count(*) from experiment_events where experiment = $1 and at < $2) as earlier,
    (select count(*) from experiment_events where experiment = $1 and at >= $3) as "afterEnd",
    (select count(*) from counted where type = 'outcome' and unit not in (select unit from seen where is_carried))
      - (select count(*) from outcomes) as unattributed`;

export async function readSums(
  db: Queryable,
  { experiment, since, until, forced, drawnSince }: SumsQuery,
): Promise<Sums> {
  const [row] = await db.query<Omit<Sums, "excluded"> & Sums["excluded"]>(SELECT, [
    experiment,
    since,
    until,
    forced,
    drawnSince,
  ]);
  const { units, metrics, money, conflicts, ...excluded } = row!;
  return { units, metrics, money, conflicts, excluded };
}

/** As it was set last, undefined when it never was. */
export async function findAnalysis(db: Queryable, experiment: string): Promise<object | undefined> {
  const rows = await db.query<{ analysis: object }>(
    "select analysis from experiment_analyses where experiment = $1",
    [experiment],
  );
  return rows[0]?.analysis;
}

export async function putAnalysis(
  db: Queryable,
  experiment: string,
  analysis: object,
  now: number,
): Promise<void> {
  await db.query(
    `insert into experiment_analyses (experiment, analysis, updated_at) values ($1, $2, $3)
     on conflict (tenant_id, experiment) do update set analysis = excluded.analysis, updated_at = excluded.updated_at`,
    [experiment, JSON.stringify(analysis), now],
  );
}
