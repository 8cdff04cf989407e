-- By which document of the channel something was priced, so that it can be priced again with what was switched off then. What
-- was quoted without it ends: quotes live for minutes.

delete from quotes;
alter table quotes add column channel_document text not null;
