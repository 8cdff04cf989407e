-- What is added to the price of goods: taxes by class and region, and the ways in which they come.

create table tax_tables (
  tenant_id text not null default current_setting('haggle.tenant'),
  -- "*" is everywhere; "DE-BY" is within "DE".
  region text not null check (region ~ '^(\*|[A-Z0-9]{1,16}(-[A-Z0-9]{1,16}){0,3})$'),
  revision bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, region)
);
alter table tax_tables enable row level security;
alter table tax_tables force row level security;
create policy tenant on tax_tables using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on tax_tables to haggle_app;

-- Of one class at one time there is one; whoever writes them holds their table.
create table tax_rates (
  tenant_id text not null default current_setting('haggle.tenant'),
  region text not null,
  tax_class text not null check (length(tax_class) between 1 and 256),
  -- Parts per million: 190000 is 19 %.
  rate_ppm int not null check (rate_ppm between 0 and 1000000),
  -- Epoch milliseconds; 0 where it was always so.
  valid_from bigint not null,
  valid_until bigint check (valid_until > valid_from),
  primary key (tenant_id, region, tax_class, valid_from),
  foreign key (tenant_id, region) references tax_tables (tenant_id, region) on delete cascade
);
alter table tax_rates enable row level security;
alter table tax_rates force row level security;
create policy tenant on tax_rates using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on tax_rates to haggle_app;

create table shipping_methods (
  tenant_id text not null default current_setting('haggle.tenant'),
  method_id text not null check (method_id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  -- What rules call it; several ids may have one.
  method text not null,
  regions text[] not null,
  steps_by text not null check (steps_by in ('weight', 'subtotal')),
  -- [{ currency, tiers: [{ upTo?, price }] }]: minor units, of grams or of minor units.
  prices jsonb not null,
  tax_class text,
  revision bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, method_id)
);
alter table shipping_methods enable row level security;
alter table shipping_methods force row level security;
create policy tenant on shipping_methods using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on shipping_methods to haggle_app;
