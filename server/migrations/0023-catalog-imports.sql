-- Files that were put into the catalog, and how far each has come.

create table catalog_imports (
  tenant_id text not null default current_setting('haggle.tenant'),
  id text not null,
  format text not null check (format in ('csv', 'json', 'ndjson')),
  mode text not null check (mode in ('all-or-nothing', 'valid-rows')),
  dry_run boolean not null,
  state text not null check (state in ('reading', 'writing', 'done', 'refused', 'interrupted')),
  rows_read bigint not null default 0,
  rows_refused bigint not null default 0,
  -- Of those that were taken: what became another, and what was so already.
  rows_written bigint not null default 0,
  rows_unchanged bigint not null default 0,
  -- The first of what is wrong.
  errors jsonb not null default '[]',
  actor_id text not null,
  started_at bigint not null,
  -- The process that reads it says so now and then.
  seen_at bigint not null,
  ended_at bigint,
  primary key (tenant_id, id)
);
create index catalog_imports_open on catalog_imports (tenant_id, seen_at) where state in ('reading', 'writing');
alter table catalog_imports enable row level security;
alter table catalog_imports force row level security;
create policy tenant on catalog_imports using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on catalog_imports to haggle_app;

-- Rows that were read and checked, until they are written all at once: nobody holds the catalog while a file arrives. What an
-- import leaves behind is swept up; a foreign key would be looked up for each row.
create table catalog_import_rows (
  tenant_id text not null default current_setting('haggle.tenant'),
  import_id text not null,
  sku text not null,
  -- Which row of the file it is, from 1, and on which line that begins.
  number bigint not null,
  line bigint not null,
  product_id text not null,
  variant jsonb not null,
  primary key (tenant_id, import_id, sku)
);
alter table catalog_import_rows enable row level security;
alter table catalog_import_rows force row level security;
create policy tenant on catalog_import_rows using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on catalog_import_rows to haggle_app;

create table catalog_import_products (
  tenant_id text not null default current_setting('haggle.tenant'),
  import_id text not null,
  product_id text not null,
  product jsonb not null,
  primary key (tenant_id, import_id, product_id)
);
alter table catalog_import_products enable row level security;
alter table catalog_import_products force row level security;
create policy tenant on catalog_import_products using (tenant_id = current_setting('haggle.tenant', true));
grant select, insert, update, delete on catalog_import_products to haggle_app;
