-- What was observed under a rollout, added up per slot of ten seconds. Each row belongs to one process, which writes its own
-- sums again and again until the slot is over: writing twice counts once, and no two processes meet in a row.

create table observations (
  tenant_id text not null default current_setting('haggle.tenant'),
  rollout_id text not null,
  slot bigint not null check (slot % 10000 = 0), -- epoch ms of its begin
  process_id text not null,
  source text not null check (source in ('evaluation', 'quote', 'order', 'report')),
  currency text not null, -- empty where nothing was told of money
  release text not null,
  arm text not null check (arm in ('stable', 'canary')),
  is_overridden boolean not null,
  samples integer not null check (samples > 0),
  errors integer not null check (errors >= 0),
  faults integer not null check (faults >= 0 and errors + faults <= samples),
  -- Counts in buckets whose edges are in the code, and never change.
  latencies integer[] not null check (cardinality(latencies) = 62),
  -- Sums for statistics and not for the books, hence floating.
  total_minor double precision not null,
  margin_samples integer not null check (margin_samples between 0 and samples),
  margin_minor double precision not null,
  margin_shares double precision not null,
  margin_squares double precision not null,
  floor_samples integer not null check (floor_samples between 0 and samples),
  at_floor integer not null check (at_floor between 0 and floor_samples),
  discount_counts integer[] not null check (cardinality(discount_counts) = 29),
  discount_sums double precision[] not null check (cardinality(discount_sums) = 29),
  discount_squares double precision[] not null check (cardinality(discount_squares) = 29),
  primary key (tenant_id, rollout_id, slot, process_id, source, currency, release, arm, is_overridden)
);
create index observations_by_age on observations (tenant_id, slot);
alter table observations enable row level security;
alter table observations force row level security;
create policy tenant on observations using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on observations to haggle_app;
