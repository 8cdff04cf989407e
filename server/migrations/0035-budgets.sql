-- Campaigns, what each may give, and the codes that lead to them.

create table campaigns (
  tenant_id text not null default current_setting('haggle.tenant'),
  -- The symbol that promotions name as their coupon.
  campaign_id text not null check (campaign_id ~ '^[!-~]{1,64}$'),
  from_at bigint,
  until_at bigint,
  is_off boolean not null,
  revision bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, campaign_id),
  check (until_at > from_at)
);
alter table campaigns enable row level security;
alter table campaigns force row level security;
create policy tenant on campaigns using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on campaigns to haggle_app;

-- What a campaign may give in all, each customer, or in each day, week or month. Without an allowance it counts orders that a code of
-- the campaign was used for; with one, what promotions draw from the allowance of that name.
create table budgets (
  tenant_id text not null default current_setting('haggle.tenant'),
  campaign_id text not null,
  budget_id text not null check (budget_id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  allowance text check (length(allowance) between 1 and 256),
  counts text not null check (counts in ('uses', 'money', 'units')),
  per text not null check (per in ('campaign', 'customer')),
  period text check (period in ('day', 'week', 'month')),
  -- By currency where it counts money, else under '*'. A currency that is not there has nothing.
  amounts jsonb not null,
  primary key (tenant_id, campaign_id, budget_id),
  foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id),
  check (allowance is not null or counts = 'uses')
);
create index budgets_allowance on budgets (tenant_id, allowance);
alter table budgets enable row level security;
alter table budgets force row level security;
create policy tenant on budgets using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, delete on budgets to haggle_app;

-- What of a budget is claimed. `amount` is what it was at the last claim, so that no row ever has more used than there was.
create table budget_uses (
  tenant_id text not null default current_setting('haggle.tenant'),
  campaign_id text not null,
  budget_id text not null,
  -- The customer, or '' for all of them.
  holder text not null,
  -- Such as 2026-11-26, 2026-W48 or 2026-11; '' for all time.
  period text not null,
  currency text not null,
  used bigint not null,
  amount bigint not null,
  primary key (tenant_id, campaign_id, budget_id, holder, period, currency),
  constraint budget_uses_within check (used between 0 and amount)
) with (fillfactor = 50);
create index budget_uses_holder on budget_uses (tenant_id, holder) where holder <> '';
alter table budget_uses enable row level security;
alter table budget_uses force row level security;
create policy tenant on budget_uses using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on budget_uses to haggle_app;

-- What an order has of which budget, and how much of it went back.
create table budget_claims (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null check (length(order_id) between 1 and 100),
  campaign_id text not null,
  budget_id text not null,
  -- '' where the order itself is a use of the campaign.
  promotion text not null,
  counts text not null check (counts in ('uses', 'money', 'units')),
  holder text not null,
  period text not null,
  currency text not null,
  amount bigint not null check (amount > 0),
  returned bigint not null default 0,
  -- The order first: many of them are made before the database knows of one.
  primary key (order_id, campaign_id, budget_id, promotion, tenant_id),
  constraint budget_claims_within check (returned between 0 and amount)
) with (fillfactor = 80);
create index budget_claims_holder on budget_claims (tenant_id, holder) where holder <> '';
alter table budget_claims enable row level security;
alter table budget_claims force row level security;
create policy tenant on budget_claims using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on budget_claims to haggle_app;

-- Codes that are generated many at a time. The seed tells all of them, and is forgotten when they have been handed out.
create table coupon_batches (
  tenant_id text not null default current_setting('haggle.tenant'),
  batch_id text not null check (batch_id ~ '^batch_[A-Za-z0-9_-]{24}$'),
  campaign_id text not null,
  prefix text not null,
  max_uses int not null check (max_uses > 0),
  count int not null check (count between 1 and 1000000),
  -- So many are there; the next number that one is made of. Both go on together, so that a crash costs nothing.
  made int not null default 0,
  next int not null default 0,
  seed text,
  forget_at bigint,
  created_at bigint not null,
  primary key (tenant_id, batch_id),
  foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id),
  check (made between 0 and count and made <= next)
);
create index coupon_batches_making on coupon_batches (tenant_id, created_at) where made < count;
create index coupon_batches_known on coupon_batches (tenant_id, forget_at) where seed is not null;
alter table coupon_batches enable row level security;
alter table coupon_batches force row level security;
create policy tenant on coupon_batches using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on coupon_batches to haggle_app;

-- Codes, by a keyed digest: whoever reads the database learns none.
create table coupon_codes (
  tenant_id text not null default current_setting('haggle.tenant'),
  code_id text not null check (code_id ~ '^[A-Za-z0-9_-]{22}$'),
  campaign_id text not null,
  -- For this customer alone.
  customer_id text,
  -- Null: any number of times.
  max_uses int check (max_uses > 0),
  -- Counted where there is an end to it: nobody waits for a row that he need not change.
  uses int not null default 0,
  from_at bigint,
  until_at bigint,
  is_off boolean not null default false,
  batch_id text,
  -- Of those of its batch.
  number int,
  primary key (tenant_id, code_id),
  foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id),
  constraint coupon_codes_within check (uses >= 0 and (max_uses is null or uses <= max_uses)),
  check (until_at > from_at),
  check ((batch_id is null) = (number is null))
) with (fillfactor = 80);
create index coupon_codes_batch on coupon_codes (tenant_id, batch_id, number) where batch_id is not null;
create index coupon_codes_customer on coupon_codes (tenant_id, customer_id) where customer_id is not null;
alter table coupon_codes enable row level security;
alter table coupon_codes force row level security;
create policy tenant on coupon_codes using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on coupon_codes to haggle_app;

-- Which codes an order was placed with.
create table coupon_uses (
  tenant_id text not null default current_setting('haggle.tenant'),
  order_id text not null check (length(order_id) between 1 and 100),
  code_id text not null,
  returned boolean not null default false,
  primary key (order_id, code_id, tenant_id)
) with (fillfactor = 80);
create index coupon_uses_code on coupon_uses (tenant_id, code_id);
alter table coupon_uses enable row level security;
alter table coupon_uses force row level security;
create policy tenant on coupon_uses using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on coupon_uses to haggle_app;
