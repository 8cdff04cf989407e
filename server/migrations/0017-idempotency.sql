-- Creations that a caller may send again, not knowing whether they were heard: what was asked, and what was answered, without
-- any secret.

create table idempotency_keys (
  tenant_id text not null default current_setting('haggle.tenant'),
  -- Of whoever asked: nobody meets another's.
  actor_id text not null,
  key text not null check (length(key) between 1 and 255),
  -- SHA-256 of the request.
  request text not null check (request ~ '^[0-9a-f]{64}$'),
  -- Null only within the transaction that works on it.
  answer jsonb,
  created_at bigint not null,
  primary key (tenant_id, actor_id, key)
);
create index idempotency_keys_age on idempotency_keys (tenant_id, created_at);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy tenant on idempotency_keys using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on idempotency_keys to haggle_app;
