-- Experiments of a channel, the signed document that says which of them run, and who keeps what they were given first.

create table experiments (
  tenant_id text not null default current_setting('haggle.tenant'),
  -- Of the tenant, whatever the channel.
  key text not null check (key ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  channel text not null check (channel ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  state text not null check (state in ('draft', 'running', 'paused', 'ended')),
  -- Counts up with each change that assigns anew.
  phase int not null check (phase >= 1),
  -- Counts changes: whoever saw an older one may not act on it.
  revision int not null check (revision >= 1),
  -- As in the document, with its key and its seed.
  definition jsonb not null,
  created_at bigint not null,
  updated_at bigint not null,
  started_at bigint,
  -- When the present phase began to count.
  phase_at bigint,
  ended_at bigint,
  primary key (tenant_id, key),
  check ((ended_at is null) = (state <> 'ended'))
);
create index experiments_channel on experiments (tenant_id, channel, state);
alter table experiments enable row level security;
alter table experiments force row level security;
create policy tenant on experiments using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on experiments to haggle_app;

-- The newest document of each channel. Who writes a newer one, or changes an experiment of the channel, holds its row.
create table experiment_heads (
  tenant_id text not null default current_setting('haggle.tenant'),
  channel text not null check (channel ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  -- 0 until there is one.
  version bigint not null check (version >= 0),
  sha256 text,
  document bytea,
  primary key (tenant_id, channel),
  check ((version = 0) = (document is null)),
  check ((document is null) = (sha256 is null))
);
alter table experiment_heads enable row level security;
alter table experiment_heads force row level security;
create policy tenant on experiment_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on experiment_heads to haggle_app;

-- All of them, for ever.
create table experiment_documents (
  tenant_id text not null default current_setting('haggle.tenant'),
  channel text not null,
  version bigint not null check (version > 0),
  sha256 text not null,
  document bytea not null,
  stored_at bigint not null,
  primary key (tenant_id, channel, version)
);
alter table experiment_documents enable row level security;
alter table experiment_documents force row level security;
create policy tenant on experiment_documents using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on experiment_documents to haggle_app;

-- What units of sticky experiments were given first.
create table experiment_units (
  tenant_id text not null default current_setting('haggle.tenant'),
  kind text not null check (kind in ('customer', 'session', 'cart', 'sku')),
  unit text not null check (length(unit) between 1 and 256),
  experiment text not null,
  bucket_version int not null check (bucket_version >= 0),
  variant text not null,
  assigned_at bigint not null,
  primary key (tenant_id, kind, unit, experiment, bucket_version)
);
alter table experiment_units enable row level security;
alter table experiment_units force row level security;
create policy tenant on experiment_units using (tenant_id = current_setting('haggle.tenant', true));
create index experiment_units_experiment on experiment_units (tenant_id, experiment);
grant select, insert, delete on experiment_units to haggle_app;
