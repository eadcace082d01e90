-- When a message was erased with its person, in Unix milliseconds: its file, where mail is kept as files, goes too, by whoever has it.
alter table outbox add column erased_at bigint not null default 0;
update outbox set erased_at = 1 where recipient = '' and mailbox = '' and snapshot = '{}';
create index outbox_erased on outbox (erased_at) where erased_at > 0;
