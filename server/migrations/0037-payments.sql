-- Money of orders: what was agreed with whom, what each provider is asked for, and what left the house for it.

create table payments (
  tenant_id text not null default current_setting('haggle.tenant'),
  payment_id text not null check (payment_id ~ '^pay_[A-Za-z0-9_-]{24}$'),
  order_id text not null,
  provider text not null check (provider ~ '^[a-z][a-z0-9-]{0,31}$'),
  -- Whether it is taken at once, or with what is shipped.
  capture text not null check (capture in ('now', 'later')),
  amount bigint not null check (amount between 1 and 9007199254740991),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- The provider's name of it, since it told.
  reference text check (length(reference) between 1 and 200),
  -- The most that the provider has said of each: nothing that it says again or too late takes it back.
  authorised bigint not null default 0,
  captured bigint not null default 0,
  voided bigint not null default 0 check (voided >= 0),
  refunded bigint not null default 0 check (refunded >= 0),
  -- What it was asked for of the two, and did not refuse; never less than what it has done.
  capturing bigint not null default 0,
  refunding bigint not null default 0,
  is_voiding boolean not null default false,
  -- Of refunding: as more than the order costs.
  surplus bigint not null default 0 check (surplus >= 0),
  -- Why the provider refused it.
  declined text check (length(declined) <= 100),
  -- Money that came when the order had expired, until it is clear whether its goods are there.
  late_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  -- The payment first: many are made before the database knows of one.
  primary key (payment_id, tenant_id),
  check (captured <= authorised),
  check (captured <= capturing),
  check (refunded <= refunding),
  check (refunding <= captured),
  foreign key (order_id, tenant_id) references orders (order_id, tenant_id)
) with (fillfactor = 80);
create index payments_order on payments (order_id, tenant_id);
create index payments_late on payments (tenant_id, late_at) where late_at is not null;
alter table payments enable row level security;
alter table payments force row level security;
create policy tenant on payments using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on payments to haggle_app;

-- Written before a provider hears of it; the id is what it is asked by, each time it is asked.
create table payment_operations (
  tenant_id text not null default current_setting('haggle.tenant'),
  operation_id text not null check (operation_id ~ '^op_[A-Za-z0-9_-]{24}$'),
  payment_id text not null,
  kind text not null check (kind in ('authorise', 'capture', 'void', 'refund')),
  amount bigint not null check (amount between 0 and 9007199254740991),
  cause text not null check (length(cause) between 1 and 100),
  -- unknown: the provider was asked, and nobody knows what it did.
  state text not null default 'open' check (state in ('open', 'unknown', 'succeeded', 'failed')),
  -- Why it failed, in the provider's words.
  code text check (length(code) <= 100),
  -- By what an authorisation is paid, encrypted, and not kept longer than it is needed.
  token text,
  tries int not null default 0,
  next_at bigint not null,
  created_at bigint not null,
  settled_at bigint,
  primary key (operation_id, tenant_id),
  check ((state in ('succeeded', 'failed')) = (settled_at is not null)),
  check (token is null or (kind = 'authorise' and settled_at is null)),
  foreign key (payment_id, tenant_id) references payments (payment_id, tenant_id)
) with (fillfactor = 80);
create unique index payment_operations_authorise on payment_operations (payment_id, tenant_id) where kind = 'authorise';
create index payment_operations_payment on payment_operations (payment_id, tenant_id, created_at);
create index payment_operations_due on payment_operations (tenant_id, next_at) where settled_at is null;
alter table payment_operations enable row level security;
alter table payment_operations force row level security;
create policy tenant on payment_operations using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on payment_operations to haggle_app;

-- Messages of providers that were taken, each once.
create table payment_callbacks (
  tenant_id text not null default current_setting('haggle.tenant'),
  provider text not null,
  event_id text not null check (length(event_id) between 1 and 200),
  received_at bigint not null,
  primary key (event_id, provider, tenant_id)
);
create index payment_callbacks_received on payment_callbacks (tenant_id, received_at);
alter table payment_callbacks enable row level security;
alter table payment_callbacks force row level security;
create policy tenant on payment_callbacks using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, delete on payment_callbacks to haggle_app;

create table shipments (
  tenant_id text not null default current_setting('haggle.tenant'),
  shipment_id text not null check (shipment_id ~ '^ship_[A-Za-z0-9_-]{24}$'),
  order_id text not null,
  -- Of whoever packs it.
  reference text check (length(reference) between 1 and 100),
  -- [{ line, firstUnit, units }]
  lines jsonb not null,
  shipped_at bigint not null,
  delivered_at bigint,
  primary key (shipment_id, tenant_id),
  foreign key (order_id, tenant_id) references orders (order_id, tenant_id)
);
create index shipments_order on shipments (order_id, tenant_id, shipped_at);
alter table shipments enable row level security;
alter table shipments force row level security;
create policy tenant on shipments using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on shipments to haggle_app;

-- Units of a line that have left: the first so many of them. No mistake of ours ships one twice, or one that nobody bought.
create table shipped_lines (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null,
  line text not null,
  quantity int not null,
  shipped int not null check (shipped > 0),
  primary key (order_id, line, tenant_id),
  check (shipped <= quantity),
  foreign key (order_id, tenant_id) references orders (order_id, tenant_id)
);
alter table shipped_lines enable row level security;
alter table shipped_lines force row level security;
create policy tenant on shipped_lines using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on shipped_lines to haggle_app;
