-- Shoppers, each counted once in a step by each process, and those of them for whom a rule has stopped: requests of one
-- shopper depend on each other, and are no evidence that adds up.

alter table observations
  add column units integer not null default 0 check (units >= 0),
  add column faulted_units integer not null default 0 check (faulted_units >= 0);
