-- What is in stock where, what is promised to whom, and everything that ever changed it.

create table stock_locations (
  tenant_id text not null default current_setting('haggle.tenant'),
  location text not null check (location ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  name text not null default '',
  -- The lowest comes first.
  priority int not null default 0,
  region text,
  -- Degrees.
  latitude double precision check (latitude between -90 and 90),
  longitude double precision check (longitude between -180 and 180),
  updated_at bigint not null,
  primary key (tenant_id, location),
  check ((latitude is null) = (longitude is null))
);
alter table stock_locations enable row level security;
alter table stock_locations force row level security;
create policy tenant on stock_locations using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on stock_locations to haggle_app;

-- How the pieces of an order are chosen among the locations.
create table stock_allocation (
  tenant_id text not null default current_setting('haggle.tenant') primary key,
  location_order text not null check (location_order in ('priority', 'nearest')),
  split boolean not null,
  updated_at bigint not null
);
alter table stock_allocation enable row level security;
alter table stock_allocation force row level security;
create policy tenant on stock_allocation using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on stock_allocation to haggle_app;

-- Pieces. Whoever changes some locks the rows in the order of sku and location first. That nothing is sold twice is a
-- constraint: no mistake of ours gets below it.
create table stock_levels (
  tenant_id text not null default current_setting('haggle.tenant'),
  sku text not null check (length(sku) between 1 and 256),
  location text not null,
  on_hand bigint not null default 0 check (on_hand between 0 and 9007199254740991),
  reserved bigint not null default 0 check (reserved >= 0),
  incoming bigint not null default 0 check (incoming between 0 and 9007199254740991),
  primary key (tenant_id, sku, location),
  check (reserved <= on_hand),
  foreign key (tenant_id, location) references stock_locations (tenant_id, location)
  -- Changed all the time, and in no column that an index has: the next version of a row fits beside it.
) with (fillfactor = 60);
alter table stock_levels enable row level security;
alter table stock_levels force row level security;
create policy tenant on stock_levels using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on stock_levels to haggle_app;

-- Only ever added to: their sum is what is on hand.
create table stock_movements (
  tenant_id text not null default current_setting('haggle.tenant'),
  number bigint not null generated always as identity,
  kind text not null check (kind in ('expect', 'receive', 'adjust', 'ship', 'return', 'transfer')),
  sku text not null,
  location text not null,
  -- Added to what is on hand, and to what is on its way.
  quantity bigint not null,
  incoming bigint not null default 0,
  cause text,
  order_id text,
  actor_id text not null,
  at bigint not null,
  primary key (tenant_id, number),
  check (quantity <> 0 or incoming <> 0),
  check ((kind = 'expect') = (quantity = 0))
);
create index stock_movements_sku on stock_movements (tenant_id, sku, number);
alter table stock_movements enable row level security;
alter table stock_movements force row level security;
create policy tenant on stock_movements using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on stock_movements to haggle_app;

-- One an order, of its last attempt.
create table reservations (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null check (length(order_id) between 1 and 100),
  attempt int not null check (attempt > 0),
  state text not null check (state in ('held', 'confirmed', 'released', 'expired')),
  -- Of the call that made it, as long as nobody else was told of it: such a call may still be too late, and gives it back.
  claim text,
  -- [{ sku, location, quantity }], in the order of skus: which pieces. While it is held they are in stock_levels.reserved.
  allocations jsonb not null,
  expires_at bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  -- The order first: a million of them are made before the database knows that a tenant has so many.
  primary key (order_id, tenant_id)
) with (fillfactor = 80);
create index reservations_due on reservations (tenant_id, expires_at) where state = 'held';
alter table reservations enable row level security;
alter table reservations force row level security;
create policy tenant on reservations using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on reservations to haggle_app;
