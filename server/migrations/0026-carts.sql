-- What somebody wants to buy, for shops that let the server keep it. No prices: those are a quote's.

create table carts (
  tenant_id text not null default current_setting('haggle.tenant'),
  cart_id text not null check (cart_id ~ '^cart_[A-Za-z0-9_-]{24}$'),
  -- Counts changes: whoever makes one says which it follows.
  revision bigint not null check (revision >= 1),
  customer_id text,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  region text,
  shipping_method text,
  coupons text[] not null default '{}',
  -- [{ id, sku, quantity, attributes }], in the order in which they came.
  lines jsonb not null default '[]' check (jsonb_array_length(lines) <= 1000),
  created_at bigint not null,
  updated_at bigint not null,
  -- Of one that nobody touches any more.
  expires_at bigint not null,
  primary key (tenant_id, cart_id)
);
create index carts_expiry on carts (tenant_id, expires_at);
create index carts_customer on carts (tenant_id, customer_id) where customer_id is not null;
alter table carts enable row level security;
alter table carts force row level security;
create policy tenant on carts using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on carts to haggle_app;
