-- Events of the business, each written in the transaction of what it tells. An event gets its number after the commit,
-- from whoever delivers: numbers have no gaps and never appear below one that is already visible, so a cursor that is a
-- number passes nothing by, and transactions that emit do not wait for each other.

create table outbox_events (
  tenant_id text not null default current_setting('haggle.tenant'),
  id text not null,
  emitted bigint generated always as identity,
  number bigint,
  type text not null check (length(type) between 1 and 100),
  subject text not null check (length(subject) between 1 and 200),
  data jsonb not null,
  created_at bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, number)
);
create index outbox_events_unnumbered on outbox_events (tenant_id, emitted) where number is null;
alter table outbox_events enable row level security;
alter table outbox_events force row level security;
create policy tenant on outbox_events using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on outbox_events to haggle_app;

create table outbox_heads (
  tenant_id text not null default current_setting('haggle.tenant'),
  number bigint not null default 0,
  primary key (tenant_id)
);
alter table outbox_heads enable row level security;
alter table outbox_heads force row level security;
create policy tenant on outbox_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on outbox_heads to haggle_app;

-- How far a subscriber is, and how often it has begun with the event after that.
create table outbox_cursors (
  tenant_id text not null default current_setting('haggle.tenant'),
  subscriber text not null check (length(subscriber) between 1 and 100),
  number bigint not null,
  tries int not null default 0,
  next_at bigint not null default 0,
  seen_at bigint not null,
  primary key (tenant_id, subscriber)
);
alter table outbox_cursors enable row level security;
alter table outbox_cursors force row level security;
create policy tenant on outbox_cursors using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on outbox_cursors to haggle_app;

-- What a subscriber could not take, whole, so that it outlives the event.
create table outbox_failures (
  tenant_id text not null default current_setting('haggle.tenant'),
  subscriber text not null,
  event_id text not null,
  event jsonb not null,
  error text not null,
  failed_at bigint not null,
  primary key (tenant_id, subscriber, event_id)
);
alter table outbox_failures enable row level security;
alter table outbox_failures force row level security;
create policy tenant on outbox_failures using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, delete on outbox_failures to haggle_app;
