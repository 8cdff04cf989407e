-- Rollouts of a channel from one release to another, everything that ever became of them, and the secret behind the
-- tokens that tie a shopper to what was assigned.

create table rollouts (
  tenant_id text not null default current_setting('haggle.tenant'),
  id text not null check (length(id) between 1 and 64),
  channel text not null check (length(channel) between 1 and 64),
  from_release text not null check (from_release ~ '^[0-9a-f]{64}$'),
  to_release text not null check (to_release ~ '^[0-9a-f]{64}$'),
  seed text not null,
  steps jsonb not null,
  gates jsonb not null,
  state text not null check (
    state in ('running', 'paused', 'awaiting_approval', 'completed', 'rolled_back', 'superseded')
  ),
  step int not null check (step >= 0),
  step_at bigint not null,
  soak_from bigint not null,
  approved_step int,
  -- Counts transitions: whoever judged an older one may not act on it.
  revision int not null default 1,
  -- Of the last document that this rollout made.
  channel_version bigint not null,
  started_at bigint not null,
  ended_at bigint,
  judgement jsonb,
  judged_at bigint,
  primary key (tenant_id, id),
  check (from_release <> to_release),
  check (step < jsonb_array_length(steps)),
  check ((ended_at is null) = (state in ('running', 'paused', 'awaiting_approval')))
);
create unique index rollouts_one_live on rollouts (tenant_id, channel)
  where state in ('running', 'paused', 'awaiting_approval');
create index rollouts_started on rollouts (tenant_id, channel, started_at desc);
alter table rollouts enable row level security;
alter table rollouts force row level security;
create policy tenant on rollouts using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on rollouts to haggle_app;

create table rollout_transitions (
  tenant_id text not null default current_setting('haggle.tenant'),
  rollout_id text not null,
  -- The rollout's revision that it led to: two processes cannot both write it.
  number int not null check (number >= 1),
  at bigint not null,
  cause text not null check (length(cause) between 1 and 40),
  state text not null,
  step int not null,
  weight_bp int not null check (weight_bp between 0 and 10000),
  actor_id text not null,
  actor_name text not null,
  reason text,
  judgement jsonb,
  channel_version bigint not null,
  primary key (tenant_id, rollout_id, number),
  foreign key (tenant_id, rollout_id) references rollouts (tenant_id, id)
);
alter table rollout_transitions enable row level security;
alter table rollout_transitions force row level security;
create policy tenant on rollout_transitions using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on rollout_transitions to haggle_app;

-- Shared by all processes of a tenant. Without its row every token ends, and the next process makes another.
create table token_secrets (
  tenant_id text not null default current_setting('haggle.tenant'),
  name text not null check (length(name) between 1 and 40),
  secret bytea not null check (length(secret) = 32),
  primary key (tenant_id, name)
);
alter table token_secrets enable row level security;
alter table token_secrets force row level security;
create policy tenant on token_secrets using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on token_secrets to haggle_app;
