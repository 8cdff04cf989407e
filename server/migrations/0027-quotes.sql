-- What the shop told somebody that a cart costs, and stands by for a while.

create table quotes (
  tenant_id text not null default current_setting('haggle.tenant'),
  quote_id text not null check (quote_id ~ '^quote_[A-Za-z0-9_-]{24}$'),
  state text not null default 'open' check (state in ('open', 'used', 'revoked')),
  -- By what it was priced. `off` is the digest of what of the release was switched off then.
  channel text not null,
  release text not null,
  policy text not null,
  off text not null,
  prices_version bigint,
  strategy text,
  customer_id text,
  -- { unit, customer, session }: for whom another one is made where this one is revoked.
  shopper json,
  -- What was asked for, what the engine was given, and what came of it: texts, as they were.
  asked json not null,
  cart json not null,
  decision json not null,
  -- Of the decision, and of the cart without what is the shop's own.
  digest text not null,
  cart_digest text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  total bigint not null check (total >= 0),
  created_at bigint not null,
  expires_at bigint not null,
  -- Who used it, once.
  order_id text check (length(order_id) between 1 and 100),
  used_at bigint,
  primary key (tenant_id, quote_id),
  check ((state = 'used') = (order_id is not null)),
  check ((state = 'used') = (used_at is not null))
  -- Most are some kilobytes, which are not worth the time that compressing them takes.
) with (toast_tuple_target = 8160);
create index quotes_expiry on quotes (tenant_id, expires_at) where state <> 'used';
create index quotes_used on quotes (tenant_id, used_at) where state = 'used';
create index quotes_customer on quotes (tenant_id, customer_id) where customer_id is not null;
alter table quotes enable row level security;
alter table quotes force row level security;
create policy tenant on quotes using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on quotes to haggle_app;
