-- What was told of units in experiments: that they saw a variant, and what came of it. Only ever added to.

create table experiment_events (
  tenant_id text not null default current_setting('haggle.tenant'),
  experiment text not null,
  -- Of whoever tells; one that begins with ~ is the server's own. Told twice it counts once.
  id text not null check (length(id) between 1 and 64),
  type text not null check (type in ('exposure', 'outcome')),
  unit text not null check (length(unit) between 1 and 256),
  variant text not null,
  -- When it happened, epoch ms.
  at bigint not null,
  received_at bigint not null,
  metric text check (length(metric) between 1 and 40),
  currency text,
  value_minor bigint,
  discount_minor bigint,
  margin_minor bigint,
  primary key (tenant_id, experiment, id),
  check ((type = 'outcome') = (metric is not null)),
  check ((currency is null) = (value_minor is null)),
  check (value_minor is not null or (discount_minor is null and margin_minor is null))
);
alter table experiment_events enable row level security;
alter table experiment_events force row level security;
create policy tenant on experiment_events using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on experiment_events to haggle_app;

-- How an experiment is judged: what has to be known before the data, and what it must not cost.
create table experiment_analyses (
  tenant_id text not null default current_setting('haggle.tenant'),
  experiment text not null,
  analysis jsonb not null,
  updated_at bigint not null,
  primary key (tenant_id, experiment)
);
alter table experiment_analyses enable row level security;
alter table experiment_analyses force row level security;
create policy tenant on experiment_analyses using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on experiment_analyses to haggle_app;

-- Which variant is to stay; what becomes of that is for its authors to sign.
create table experiment_winners (
  tenant_id text not null default current_setting('haggle.tenant'),
  experiment text not null,
  variant text not null,
  decided_at bigint not null,
  actor_id text not null,
  actor_name text not null,
  primary key (tenant_id, experiment)
);
alter table experiment_winners enable row level security;
alter table experiment_winners force row level security;
create policy tenant on experiment_winners using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on experiment_winners to haggle_app;
