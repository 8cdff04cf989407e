-- Flash sales, who waits for them, and how much of them each shopper may have.

create table flash_sales (
  tenant_id text not null default current_setting('haggle.tenant'),
  sale_id text not null check (sale_id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  skus text[] not null check (cardinality(skus) between 1 and 100),
  from_at bigint not null,
  until_at bigint not null,
  -- Pieces of all its skus together, of one shopper.
  per_customer int not null check (per_customer > 0),
  -- Of those who came before it began: who goes first.
  early text not null check (early in ('lot', 'order')),
  -- How many shoppers are let in each second, or may be in at a time.
  per_second double precision check (per_second > 0),
  at_once int check (at_once > 0),
  -- How long a turn lasts.
  turn_ms int not null check (turn_ms > 0),
  revision bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, sale_id),
  check (until_at >= from_at),
  check ((per_second is null) <> (at_once is null))
);
create index flash_sales_until on flash_sales (tenant_id, until_at);
alter table flash_sales enable row level security;
alter table flash_sales force row level security;
create policy tenant on flash_sales using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on flash_sales to haggle_app;

-- Where the queue of a sale stands. Whoever gives places or lets somebody in holds its row, so there is one order of them.
create table flash_sale_queues (
  tenant_id text not null default current_setting('haggle.tenant'),
  sale_id text not null,
  -- Shoppers who ever had a place, those of the lot too.
  joined bigint not null default 0,
  -- The last place that was given, and the last one that was let in.
  tail bigint not null default 0,
  head bigint not null default 0,
  -- Up to when those who were let in use up what may be let in each second: epoch milliseconds, and parts of them.
  credited_at double precision not null default 0,
  -- Drawn when it began: with the units it says who came first by lot.
  seed text,
  begun_at bigint,
  ended_at bigint,
  primary key (tenant_id, sale_id),
  foreign key (tenant_id, sale_id) references flash_sales (tenant_id, sale_id) on delete cascade,
  check (head <= tail)
) with (fillfactor = 50);
alter table flash_sale_queues enable row level security;
alter table flash_sale_queues force row level security;
create policy tenant on flash_sale_queues using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on flash_sale_queues to haggle_app;

-- One a shopper.
create table flash_sale_places (
  tenant_id text not null default current_setting('haggle.tenant'),
  sale_id text not null,
  unit text not null check (length(unit) between 1 and 256),
  -- Null until the lot was drawn.
  place bigint,
  joined_at bigint not null,
  admitted_at bigint,
  left_at bigint,
  -- The unit first: many of them are made before the database knows of one.
  primary key (unit, sale_id, tenant_id),
  foreign key (tenant_id, sale_id) references flash_sales (tenant_id, sale_id) on delete cascade
) with (fillfactor = 80);
create unique index flash_sale_places_order on flash_sale_places (tenant_id, sale_id, place);
create index flash_sale_places_admitted on flash_sale_places (tenant_id, sale_id, admitted_at)
  where admitted_at is not null;
alter table flash_sale_places enable row level security;
alter table flash_sale_places force row level security;
create policy tenant on flash_sale_places using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on flash_sale_places to haggle_app;

-- Skus of which, for a while, nobody gets any without a share of a ration, and no more than that many pieces of all its skus.
create table stock_rations (
  tenant_id text not null default current_setting('haggle.tenant'),
  ration text not null,
  sku text not null,
  from_at bigint not null,
  until_at bigint not null,
  pieces int not null check (pieces > 0),
  primary key (tenant_id, ration, sku)
);
create index stock_rations_until on stock_rations (tenant_id, until_at);
alter table stock_rations enable row level security;
alter table stock_rations force row level security;
create policy tenant on stock_rations using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on stock_rations to haggle_app;

-- Pieces that somebody holds or has bought of a ration.
create table stock_ration_uses (
  tenant_id text not null default current_setting('haggle.tenant'),
  ration text not null,
  unit text not null check (length(unit) between 1 and 256),
  pieces bigint not null check (pieces >= 0),
  primary key (unit, ration, tenant_id)
) with (fillfactor = 80);
alter table stock_ration_uses enable row level security;
alter table stock_ration_uses force row level security;
create policy tenant on stock_ration_uses using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on stock_ration_uses to haggle_app;

-- { ration, unit, pieces }: what of a ration goes into it, and is given back with its pieces.
alter table reservations add column share jsonb;
