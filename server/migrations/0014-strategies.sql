-- Files of pricing strategies by their versions, and which of them is in force.

create table strategy_versions (
  tenant_id text not null default current_setting('haggle.tenant'),
  version text not null check (version ~ '^v[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[a-z0-9]{1,32}$'),
  -- In the order in which versions came; a version never changes what it means.
  number bigint not null check (number >= 1),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  text text not null check (octet_length(text) <= 4194304),
  strategies int not null check (strategies >= 0),
  source text not null check (source in ('folder', 'api')),
  actor_id text not null,
  actor_name text not null,
  created_at bigint not null,
  -- Since when it was in force, the first time; null where it never was.
  activated_at bigint,
  primary key (tenant_id, version),
  unique (tenant_id, number)
);
alter table strategy_versions enable row level security;
alter table strategy_versions force row level security;
create policy tenant on strategy_versions using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on strategy_versions to haggle_app;

create table strategy_heads (
  tenant_id text not null default current_setting('haggle.tenant') primary key,
  -- Counts changes of this row: whoever has read an older one looks again.
  revision bigint not null default 0,
  -- Of the newest version.
  number bigint not null default 0,
  active text,
  previous text,
  pinned boolean not null default false,
  -- What came while it was pinned, and what is in force when it is not pinned any more.
  waiting text,
  -- Digest of the file that was refused last, so that one process of many tells of it.
  refused text,
  changed_at bigint not null default 0,
  foreign key (tenant_id, active) references strategy_versions (tenant_id, version),
  foreign key (tenant_id, previous) references strategy_versions (tenant_id, version),
  foreign key (tenant_id, waiting) references strategy_versions (tenant_id, version),
  check (pinned or waiting is null)
);
alter table strategy_heads enable row level security;
alter table strategy_heads force row level security;
create policy tenant on strategy_heads using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update on strategy_heads to haggle_app;
