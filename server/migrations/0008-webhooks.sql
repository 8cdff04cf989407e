-- Where events go over HTTP, and what became of each message.

create table webhooks (
  tenant_id text not null default current_setting('haggle.tenant'),
  id text not null,
  url text not null check (length(url) between 1 and 2048),
  description text not null check (length(description) <= 200),
  events text[] not null check (cardinality(events) between 1 and 50),
  state text not null default 'enabled' check (state in ('enabled', 'disabled')),
  reason text, -- why the server disabled it
  secret text not null, -- encrypted, as is the next one
  old_secret text,
  old_until bigint,
  key_id text not null, -- of the key that encrypts the secrets
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, id),
  check ((old_secret is null) = (old_until is null)),
  check (reason is null or state = 'disabled')
);
alter table webhooks enable row level security;
alter table webhooks force row level security;
create policy tenant on webhooks using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on webhooks to haggle_app;

-- The id is the message's, the same on every try, by which a receiver knows what it has had.
create table webhook_deliveries (
  tenant_id text not null default current_setting('haggle.tenant'),
  webhook_id text not null,
  id text not null,
  kind text not null check (kind in ('event', 'ping')),
  type text not null,
  body text not null,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  attempts int not null default 0,
  attempts_left int not null check (attempts_left >= 0),
  next_at bigint not null,
  response_code int,
  response_text text check (length(response_text) <= 500),
  error text,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, webhook_id, id),
  foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
);
create index webhook_deliveries_due on webhook_deliveries (tenant_id, webhook_id, next_at) where status = 'pending';
create index webhook_deliveries_newest on webhook_deliveries (tenant_id, webhook_id, created_at desc, id);
alter table webhook_deliveries enable row level security;
alter table webhook_deliveries force row level security;
create policy tenant on webhook_deliveries using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on webhook_deliveries to haggle_app;
