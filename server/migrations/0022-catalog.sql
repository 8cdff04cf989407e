-- What a shop sells: products, what of them can be put into a cart, and what it costs.

-- Counts changes of the catalog: whoever knows a revision asks whether it is still the last. The row is held by who changes
-- something.
create table catalog_heads (
  tenant_id text not null default current_setting('haggle.tenant') primary key,
  revision bigint not null default 0
);
alter table catalog_heads enable row level security;
alter table catalog_heads force row level security;
create policy tenant on catalog_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on catalog_heads to haggle_app;

create table products (
  tenant_id text not null default current_setting('haggle.tenant'),
  product_id text not null check (length(product_id) between 1 and 100),
  name text not null,
  categories text[] not null default '{}',
  attributes jsonb not null default '{}',
  tax_class text,
  -- That of catalog_heads when it was changed last.
  revision bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, product_id)
);
create index products_revision on products (tenant_id, revision);
alter table products enable row level security;
alter table products force row level security;
create policy tenant on products using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on products to haggle_app;

create table variants (
  tenant_id text not null default current_setting('haggle.tenant'),
  sku text not null check (length(sku) between 1 and 100),
  product_id text not null,
  -- '' has the product's name.
  name text not null default '',
  -- Beside those of the product, and before them.
  attributes jsonb not null default '{}',
  weight_grams bigint check (weight_grams >= 0),
  -- Null has the product's.
  tax_class text,
  revision bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, sku),
  foreign key (tenant_id, product_id) references products (tenant_id, product_id)
);
create index variants_product on variants (tenant_id, product_id, sku);
create index variants_revision on variants (tenant_id, revision, sku);
alter table variants enable row level security;
alter table variants force row level security;
create policy tenant on variants using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on variants to haggle_app;

-- Minor units, of one unit. They change with their variant, whose revision counts it.
create table variant_prices (
  tenant_id text not null default current_setting('haggle.tenant'),
  sku text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- In which order the shop names them.
  position smallint not null,
  unit_price bigint not null check (unit_price between 0 and 9007199254740991),
  unit_cost bigint check (unit_cost between 0 and 9007199254740991),
  -- No strategy goes below it.
  min_unit_price bigint check (min_unit_price between 0 and 9007199254740991),
  primary key (tenant_id, sku, currency),
  foreign key (tenant_id, sku) references variants (tenant_id, sku) on delete cascade
);
alter table variant_prices enable row level security;
alter table variant_prices force row level security;
create policy tenant on variant_prices using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on variant_prices to haggle_app;

-- A sku of the catalog is changed with it, and by nothing else.
alter table skus add column from_catalog boolean not null default false;

-- What the catalog tells those who price: a variant with what it has of its product, once for each currency.
create view catalog_skus with (security_invoker = true) as
select v.tenant_id, v.sku, v.product_id, coalesce(nullif(v.name, ''), p.name) as name, p.categories,
  p.attributes || v.attributes as attributes, coalesce(v.tax_class, p.tax_class) as tax_class, v.weight_grams,
  x.currency, x.position, x.unit_price, x.unit_cost, x.min_unit_price
from variants v
join products p on p.tenant_id = v.tenant_id and p.product_id = v.product_id
join variant_prices x on x.tenant_id = v.tenant_id and x.sku = v.sku;
grant select on catalog_skus to haggle_app;
