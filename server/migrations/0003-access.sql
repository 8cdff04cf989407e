-- Who may do what: API keys, and what waits for a second person.

-- One row for each tenant. keys_version grows with every change of a key: what processes poll.
create table access_settings (
  tenant_id text not null default current_setting('haggle.tenant'),
  pepper text, -- null where the operator keeps it in a file
  pepper_check text not null,
  keys_version bigint not null default 0,
  primary key (tenant_id)
);
alter table access_settings enable row level security;
alter table access_settings force row level security;
create policy tenant on access_settings using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on access_settings to haggle_app;

-- The digest is HMAC-SHA-256 of the key; the key itself is nowhere.
create table access_keys (
  tenant_id text not null default current_setting('haggle.tenant'),
  id text not null,
  actor_id text not null, -- the same for a key and all that replaced it
  name text not null,
  scopes text[] not null check (cardinality(scopes) > 0),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  replaces text,
  created_at bigint not null,
  created_by text not null,
  expires_at bigint,
  revoked_at bigint,
  primary key (tenant_id, id),
  unique (tenant_id, replaces)
);
alter table access_keys enable row level security;
alter table access_keys force row level security;
create policy tenant on access_keys using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on access_keys to haggle_app;

create table approvals (
  tenant_id text not null default current_setting('haggle.tenant'),
  id text not null,
  action text not null,
  channel text not null,
  payload text not null,
  state text not null default 'pending' check (state in ('pending', 'approved', 'declined')),
  requested_by text not null,
  requested_name text not null,
  requested_at bigint not null,
  expires_at bigint not null,
  decided_by text,
  decided_name text,
  decided_at bigint,
  reason text,
  primary key (tenant_id, id),
  check ((state = 'pending') = (decided_by is null)),
  check (state <> 'approved' or decided_by <> requested_by)
);
create index approvals_by_time on approvals (tenant_id, requested_at desc);
alter table approvals enable row level security;
alter table approvals force row level security;
create policy tenant on approvals using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on approvals to haggle_app;
