-- What was bought: an order of each quote at most, with its history, and who gave which part of its price.

-- What an order may become; the same for every tenant. server/modules/orders/states.ts has the same rows.
create table order_transitions (
  from_state text not null,
  to_state text not null,
  primary key (from_state, to_state)
);
insert into order_transitions (from_state, to_state) values
  ('draft', 'reserved'), ('draft', 'cancelled'),
  ('reserved', 'awaiting_payment'), ('reserved', 'paid'), ('reserved', 'cancelled'), ('reserved', 'expired'),
  ('awaiting_payment', 'paid'), ('awaiting_payment', 'cancelled'), ('awaiting_payment', 'expired'),
  ('paid', 'fulfilling'), ('paid', 'cancelled'),
  ('fulfilling', 'shipped'), ('fulfilling', 'cancelled'),
  ('shipped', 'completed'), ('shipped', 'returned_in_part'), ('shipped', 'returned'),
  ('completed', 'returned_in_part'), ('completed', 'returned'),
  ('expired', 'paid'),
  ('returned_in_part', 'returned_in_part'), ('returned_in_part', 'returned');
grant select on order_transitions to haggle_app;

-- Only ever added to. Each row begins in the state in which the one before it ends.
create table order_history (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null,
  number int not null check (number > 0),
  previous int generated always as (nullif(number - 1, 0)) stored,
  -- Null of the first one, which makes the draft.
  from_state text,
  to_state text not null,
  cause text not null check (length(cause) between 1 and 200),
  actor_id text not null,
  at bigint not null,
  primary key (order_id, number, tenant_id),
  unique (order_id, number, to_state, tenant_id),
  check ((number = 1) = (from_state is null)),
  check ((number = 1) = (to_state = 'draft')),
  foreign key (from_state, to_state) references order_transitions (from_state, to_state),
  foreign key (order_id, previous, from_state, tenant_id) references order_history (order_id, number, to_state, tenant_id)
);
alter table order_history enable row level security;
alter table order_history force row level security;
create policy tenant on order_history using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on order_history to haggle_app;

create table orders (
  tenant_id text not null default current_setting('haggle.tenant'),
  -- That of its quote, so that whoever asks again means the same order.
  order_id text not null check (order_id ~ '^order_[A-Za-z0-9_-]{24}$'),
  state text not null,
  -- Rows of its history; the last one ends in its state.
  moves int not null,
  quote_id text not null,
  customer_id text,
  -- By what it was priced.
  channel text not null,
  release text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  total bigint not null check (total between 0 and 9007199254740991),
  -- Promised by payments and not taken; taken; given back.
  authorised bigint not null default 0 check (authorised >= 0),
  captured bigint not null default 0 check (captured >= 0),
  refunded bigint not null default 0 check (refunded >= 0),
  -- [{ id, sku, quantity }], with what promotions put in.
  lines jsonb not null,
  -- Of its reservation, and what became of that.
  attempt int not null check (attempt > 0),
  stock text not null default 'held' check (stock in ('held', 'confirmed', 'released')),
  -- What is done with money that comes when it has expired.
  late_payment text not null check (late_payment in ('refund', 'reserve')),
  expires_at bigint not null,
  -- When it is looked at next: when it expires, or for its stock; later where that went wrong.
  due_at bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  -- The order first, as of reservations.
  primary key (order_id, tenant_id),
  check (refunded <= captured),
  foreign key (order_id, moves, state, tenant_id) references order_history (order_id, number, to_state, tenant_id)
) with (fillfactor = 80);
create index orders_created on orders (tenant_id, created_at, order_id);
create index orders_state on orders (tenant_id, state, created_at, order_id);
create index orders_customer on orders (tenant_id, customer_id, created_at, order_id) where customer_id is not null;
create index orders_due on orders (tenant_id, due_at) where state in ('reserved', 'awaiting_payment');
-- Those whose stock is to follow them.
create index orders_held on orders (tenant_id, due_at)
  where stock = 'held' and state not in ('draft', 'reserved', 'awaiting_payment');
create index orders_sold on orders (tenant_id, due_at) where stock = 'confirmed' and state = 'cancelled';
alter table orders enable row level security;
alter table orders force row level security;
create policy tenant on orders using (tenant_id = current_setting('haggle.tenant', true));
-- The history says what it is, and nothing goes back in it.
create policy forward on orders as restrictive for update
  with check (moves >= (select max(number) from order_history h where h.order_id = orders.order_id));
grant select, insert, update on orders to haggle_app;

-- Frozen when it was placed: the sum of all but `taxIncluded` is the order's total. No foreign key: its rows are written in the
-- statement that writes the order, which nobody may delete.
create table order_ledger (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null,
  number int not null,
  part text not null check (part in ('line', 'shipping', 'order')),
  -- The id of the line or of the way of shipping.
  line text not null,
  -- Of the units 0 .. quantity - 1 of the line: from this one on, so many.
  first_unit int not null check (first_unit >= 0),
  units int not null check (units > 0),
  kind text not null check (kind in ('price', 'discount', 'tax', 'taxIncluded', 'rounding')),
  promotion text,
  reason text,
  -- As whoever pays sees it: a discount is negative.
  amount_each bigint not null,
  primary key (order_id, number, tenant_id),
  check ((kind = 'discount') = (promotion is not null)),
  check (kind = 'rounding' or (amount_each < 0) = (kind = 'discount') or amount_each = 0)
);
alter table order_ledger enable row level security;
alter table order_ledger force row level security;
create policy tenant on order_ledger using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on order_ledger to haggle_app;

-- Which codes it was priced with: [{ id, campaign }], and no text of one.
alter table quotes add column coupons json not null default '[]';
