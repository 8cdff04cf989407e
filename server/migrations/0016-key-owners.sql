-- Whose keys are one person's: a second person is asked for where one is not enough. Without an owner a key is its maker's.

alter table access_keys add column owner text check (length(owner) between 1 and 100);
