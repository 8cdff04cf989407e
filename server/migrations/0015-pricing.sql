-- What a shop sells, as prices need it, and how strategies have priced it.

create table skus (
  tenant_id text not null default current_setting('haggle.tenant'),
  sku text not null check (length(sku) between 1 and 256),
  product_id text not null,
  name text not null default '',
  categories text[] not null default '{}',
  -- One for all skus of a tenant.
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- Minor units, of one unit.
  list_price bigint not null check (list_price >= 0),
  unit_cost bigint check (unit_cost >= 0),
  -- No strategy goes below it.
  min_unit_price bigint check (min_unit_price >= 0),
  -- Pieces left; null where nobody counts them.
  stock bigint check (stock >= 0),
  attributes jsonb not null default '{}',
  -- That of sku_heads when it was changed last.
  revision bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, sku)
);
create index skus_revision on skus (tenant_id, revision);
alter table skus enable row level security;
alter table skus force row level security;
create policy tenant on skus using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on skus to haggle_app;

-- Counts changes of skus: whoever knows those up to a revision reads the later ones. The row is held by who changes some.
create table sku_heads (
  tenant_id text not null default current_setting('haggle.tenant') primary key,
  revision bigint not null default 0,
  -- When something was deleted last: before it, all has to be read.
  deleted_revision bigint not null default 0,
  currency text
);
alter table sku_heads enable row level security;
alter table sku_heads force row level security;
create policy tenant on sku_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on sku_heads to haggle_app;

-- One row a channel, held by the one process that prices it.
create table pricing_heads (
  tenant_id text not null default current_setting('haggle.tenant'),
  channel text not null check (channel ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  -- Digest of all that the prices were made of.
  inputs text not null default '',
  priced_at bigint not null default 0,
  -- When the same may come to something else: a window, a step, the time itself.
  due_at bigint not null default 0,
  -- Of the prices document.
  version bigint not null default 0,
  faults int not null default 0,
  cuts int not null default 0,
  primary key (tenant_id, channel)
);
alter table pricing_heads enable row level security;
alter table pricing_heads force row level security;
create policy tenant on pricing_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on pricing_heads to haggle_app;

-- Prices that others took the place of in the last hour, of skus whose bound says how far a price may move in one.
create table replaced_prices (
  tenant_id text not null default current_setting('haggle.tenant'),
  channel text not null,
  sku text not null,
  -- '' is everybody.
  tier text not null,
  unit_price bigint not null,
  replaced_at bigint not null
);
create index replaced_prices_channel on replaced_prices (tenant_id, channel, replaced_at);
alter table replaced_prices enable row level security;
alter table replaced_prices force row level security;
create policy tenant on replaced_prices using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, delete on replaced_prices to haggle_app;

-- Where a price is not the one that its strategy gave, and why; or its rule failed.
create table price_notes (
  tenant_id text not null default current_setting('haggle.tenant'),
  channel text not null,
  sku text not null,
  tier text not null,
  strategy text,
  wanted bigint not null,
  cut text not null,
  primary key (tenant_id, channel, sku, tier)
);
alter table price_notes enable row level security;
alter table price_notes force row level security;
create policy tenant on price_notes using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, delete on price_notes to haggle_app;
