-- What people signed and the server may give out: roots, bundles, releases, and the newest channel and prices documents.

create table roots (
  tenant_id text not null default current_setting('haggle.tenant'),
  version bigint not null check (version > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  document bytea not null,
  stored_at bigint not null,
  primary key (tenant_id, version)
);
alter table roots enable row level security;
alter table roots force row level security;
create policy tenant on roots using (tenant_id = current_setting('haggle.tenant', true));
-- Deleted only where an operator begins trust anew with another first root.
grant select, insert, delete on roots to haggle_app;

create table bundles (
  tenant_id text not null default current_setting('haggle.tenant'),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  document bytea not null check (octet_length(document) <= 262144),
  stored_at bigint not null,
  primary key (tenant_id, sha256)
);
alter table bundles enable row level security;
alter table bundles force row level security;
create policy tenant on bundles using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on bundles to haggle_app;

-- A release is known by the digest of its payload.
create table releases (
  tenant_id text not null default current_setting('haggle.tenant'),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  version bigint not null check (version > 0),
  bundle text not null,
  issued bigint not null,
  expires bigint not null,
  promotions integer not null,
  signers text[] not null,
  document bytea not null,
  stored_at bigint not null,
  primary key (tenant_id, sha256),
  foreign key (tenant_id, bundle) references bundles (tenant_id, sha256)
);
create index releases_version on releases (tenant_id, version desc);
alter table releases enable row level security;
alter table releases force row level security;
create policy tenant on releases using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on releases to haggle_app;

-- The highest version of any release: one row per tenant, raised by one conditional statement, so that of two who publish
-- the same version at once one is refused.
create table release_versions (
  tenant_id text not null default current_setting('haggle.tenant') primary key,
  newest bigint not null
);
alter table release_versions enable row level security;
alter table release_versions force row level security;
create policy tenant on release_versions using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on release_versions to haggle_app;

-- The newest document of each kind. Who writes a newer one holds its row. Editions count up, also where versions begin
-- again under a root with another online key.
create table channel_heads (
  tenant_id text not null default current_setting('haggle.tenant'),
  channel text not null check (channel ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  kind text not null check (kind in ('channel', 'prices')),
  edition bigint not null check (edition > 0),
  version bigint not null check (version > 0),
  sha256 text not null,
  file_sha256 text not null,
  document bytea not null,
  primary key (tenant_id, channel, kind)
);
alter table channel_heads enable row level security;
alter table channel_heads force row level security;
create policy tenant on channel_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on channel_heads to haggle_app;

-- All of them, for ever: a file of these bytes is an earlier one of ours, and no attack.
create table channel_documents (
  tenant_id text not null default current_setting('haggle.tenant'),
  channel text not null,
  kind text not null,
  edition bigint not null,
  version bigint not null,
  sha256 text not null,
  file_sha256 text not null,
  document bytea not null,
  stored_at bigint not null,
  primary key (tenant_id, channel, kind, edition)
);
create index channel_documents_file on channel_documents (tenant_id, channel, kind, file_sha256);
alter table channel_documents enable row level security;
alter table channel_documents force row level security;
create policy tenant on channel_documents using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert on channel_documents to haggle_app;
