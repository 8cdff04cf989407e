-- Who buys, as prices need it: what the shop calls somebody, and nothing that says who that is.

create table customers (
  tenant_id text not null default current_setting('haggle.tenant'),
  customer_id text not null check (customer_id ~ '^[A-Za-z0-9][A-Za-z0-9._:~-]{0,99}$'),
  segments text[] not null default '{}',
  tier text,
  attributes jsonb not null default '{}',
  -- Counts changes of the columns above.
  revision bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, customer_id)
);
create index customers_segments on customers using gin (segments);
alter table customers enable row level security;
alter table customers force row level security;
create policy tenant on customers using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on customers to haggle_app;

-- What a customer did so far, such as orders, or amounts in minor units. Whoever counts holds the customer's row.
create table customer_counters (
  tenant_id text not null default current_setting('haggle.tenant'),
  customer_id text not null,
  name text not null check (name ~ '^[a-z][A-Za-z0-9]{0,63}$'),
  value bigint not null check (value between 0 and 9007199254740991),
  primary key (tenant_id, customer_id, name),
  foreign key (tenant_id, customer_id) references customers (tenant_id, customer_id) on delete cascade
);
alter table customer_counters enable row level security;
alter table customer_counters force row level security;
create policy tenant on customer_counters using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on customer_counters to haggle_app;
