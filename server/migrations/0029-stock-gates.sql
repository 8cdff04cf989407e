-- What stands before reservations in Redis, and is never the truth.

-- The epoch of what Redis knows: what it has of another one counts for nothing.
create table stock_gates (
  tenant_id text not null default current_setting('haggle.tenant') primary key,
  epoch text not null,
  begun_at bigint not null
);
alter table stock_gates enable row level security;
alter table stock_gates force row level security;
create policy tenant on stock_gates using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on stock_gates to haggle_app;

-- Of what is told to it: a number that is taken while levels are held is greater than any that was taken when they were held
-- before. Not kept anywhere.
create sequence stock_revisions;
grant usage on sequence stock_revisions to haggle_app;
