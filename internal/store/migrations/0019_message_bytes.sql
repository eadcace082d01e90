-- A message's bytes are many times its row, and the row is written again when it is leased and when it is done with. By themselves
-- they are written once.
create table message_bytes (
  id text primary key,
  raw bytea not null
);
-- PostgreSQL: alter table message_bytes alter column raw set storage external;
insert into message_bytes (id, raw) select id, raw from outbox where raw is not null;
alter table outbox drop column raw;
