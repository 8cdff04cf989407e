-- Every table after this one has a tenant_id, and row-level security that is forced on its owner too. A connection says
-- whose rows it wants by the setting haggle.tenant; without it there are none.

do $$
begin
  if not exists (select from pg_roles where rolname = 'haggle_app') then
    create role haggle_app nologin nosuperuser nocreatedb nocreaterole noinherit nobypassrls;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of this cluster is being made at the same moment
end
$$;

grant usage on schema public to haggle_app;

create table tenants (
  tenant_id text primary key
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant on tenants using (tenant_id = current_setting('haggle.tenant', true));
grant select on tenants to haggle_app;
