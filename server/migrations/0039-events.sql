-- What a subscriber could not take holds back what comes after it of the same subject, and nothing else.

-- Events that are tried again, and those behind them. Whole, so that they outlive the event.
create table outbox_held (
  tenant_id text not null default current_setting('haggle.tenant'),
  subscriber text not null,
  subject text not null,
  number bigint not null,
  event jsonb not null,
  tries int not null default 0,
  -- Of the first one of a subject; 2^53 - 1 of those behind it.
  next_at bigint not null,
  primary key (tenant_id, subscriber, subject, number)
);
create index outbox_held_due on outbox_held (tenant_id, subscriber, next_at, number);
alter table outbox_held enable row level security;
alter table outbox_held force row level security;
create policy tenant on outbox_held using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on outbox_held to haggle_app;

create index outbox_failures_newest on outbox_failures (tenant_id, failed_at, event_id);
grant update on outbox_failures to haggle_app;

-- How far events went to the streams of Redis: all up to this number, and of each stream the last one that is in it.
create table outbox_relays (
  tenant_id text not null default current_setting('haggle.tenant'),
  -- Streams that lost something are left behind for new ones. 0: there are none yet.
  epoch int not null default 0,
  number bigint not null default 0,
  lasts bigint[] not null default '{}',
  primary key (tenant_id)
);
alter table outbox_relays enable row level security;
alter table outbox_relays force row level security;
create policy tenant on outbox_relays using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on outbox_relays to haggle_app;

-- By what an order of the quote is counted: { rollout, stepAt, release, arm, isOverridden, unit, money, variants }. Null outside of
-- rollouts and experiments.
alter table quotes add column attribution json;
-- When its order was counted for the rollout, once.
alter table quotes add column counted_at bigint;
-- When a failure of ours to place it was counted for the rollout, once.
alter table quotes add column failed_at bigint;

-- Of an order's outcome: something came back, though it may have been worth nothing.
alter table experiment_events add column is_back boolean not null default false;
