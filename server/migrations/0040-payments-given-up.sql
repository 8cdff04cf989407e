-- Authorisations that were given up: their providers are asked for a day whether there is money all the same.
create index payment_operations_given_up on payment_operations (tenant_id, next_at) where code = 'given_up';
