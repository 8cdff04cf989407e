-- When units of sticky experiments were drawn: those that were drawn by other weights cannot be held against the present ones.

-- As it was remembered when the exposure was told; null where nothing was.
alter table experiment_events add column drawn_at bigint check (drawn_at is null or type = 'exposure');

-- When the present bucket version began. Changed weights leave it as it is.
alter table experiments add column drawn_since bigint;
-- The owner has no tenant, so that forced policies would show him no row.
alter table experiments no force row level security;
update experiments set drawn_since = case when phase = 1 then started_at else phase_at end;
alter table experiments force row level security;
