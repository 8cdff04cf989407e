-- What came back of an order, and the money for it.

-- One row an order of which anything came back. `number` counts its returns: whoever makes one says which it follows.
create table order_return_sums (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null check (length(order_id) between 1 and 100),
  number int not null check (number > 0),
  -- What the order cost, all refunds together, and what is kept back because of what stays. Minor units.
  total bigint not null check (total >= 0),
  refunded bigint not null check (refunded between 0 and total),
  kept_back bigint not null,
  primary key (tenant_id, order_id)
);
alter table order_return_sums enable row level security;
alter table order_return_sums force row level security;
create policy tenant on order_return_sums using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on order_return_sums to haggle_app;

-- How many units of each line came back: those with the lowest numbers.
create table order_return_lines (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null,
  line_id text not null,
  quantity bigint not null,
  returned bigint not null check (returned between 1 and quantity),
  primary key (tenant_id, order_id, line_id)
);
alter table order_return_lines enable row level security;
alter table order_return_lines force row level security;
create policy tenant on order_return_lines using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on order_return_lines to haggle_app;

create table order_returns (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null,
  number int not null check (number > 0),
  reason text not null,
  -- Where the goods went; null where they are not on sale again.
  restock text,
  -- What it came to, as it was told.
  settlement json not null,
  actor_id text not null,
  at bigint not null,
  primary key (tenant_id, order_id, number)
);
alter table order_returns enable row level security;
alter table order_returns force row level security;
create policy tenant on order_returns using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on order_returns to haggle_app;
