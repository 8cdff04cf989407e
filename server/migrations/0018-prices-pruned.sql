-- A prices document has up to 16 MiB, and another may follow every second. What it was is told by its digest, for ever; its
-- bytes are for whoever looks into what was just in force, and go after some hours.

alter table channel_documents alter column document drop not null;
create index channel_documents_prices on channel_documents (tenant_id, channel, stored_at)
  where kind = 'prices' and document is not null;
grant update (document) on channel_documents to haggle_app;
