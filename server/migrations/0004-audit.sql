-- What was changed, by whom. A chain: the hash of each record is over the hash before it and its own exact bytes.

create table audit_records (
  tenant_id text not null default current_setting('haggle.tenant'),
  seq bigint not null check (seq > 0),
  record text not null check (length(record) <= 65536),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  primary key (tenant_id, seq)
);
alter table audit_records enable row level security;
alter table audit_records force row level security;
create policy tenant on audit_records using (tenant_id = current_setting('haggle.tenant', true));
-- The server itself can neither change nor delete one.
grant select, insert on audit_records to haggle_app;

-- The end of each tenant's chain, and the lock behind which records are appended to it.
create table audit_heads (
  tenant_id text not null default current_setting('haggle.tenant'),
  seq bigint not null,
  hash text not null,
  primary key (tenant_id)
);
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy tenant on audit_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on audit_heads to haggle_app;
