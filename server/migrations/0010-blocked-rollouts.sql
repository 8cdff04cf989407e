-- Why the last look at a rollout could not do what was due, as a code; null where it could.

alter table rollouts add column blocked text;
