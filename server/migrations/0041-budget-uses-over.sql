-- What was counted in a day, a week or a month that is over: nobody draws from it any more.
create index budget_uses_over on budget_uses (tenant_id, period) where period <> '';
