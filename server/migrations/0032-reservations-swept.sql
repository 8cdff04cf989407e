-- What is over is forgotten after a while, the oldest first.
create index reservations_over on reservations (tenant_id, updated_at) where state <> 'held';
grant delete on reservations to haggle_app;
