-- A level that many processes want at once may be several rows for a while, each with pieces of its own. What holds for a level
-- holds for each of them, and so for their sum.

alter table stock_levels
  add column bucket smallint not null default 0,
  -- How many rows the level has.
  add column buckets smallint not null default 1 check (buckets between 1 and 64),
  add check (bucket between 0 and buckets - 1),
  -- What is on its way comes to the first one.
  add check (incoming = 0 or bucket = 0);
alter table stock_levels drop constraint stock_levels_pkey, add primary key (tenant_id, sku, location, bucket);

-- Whether the levels of its skus are split.
alter table stock_rations add column is_split boolean not null default false;
alter table flash_sales add column buckets smallint not null default 1 check (buckets between 1 and 64);
