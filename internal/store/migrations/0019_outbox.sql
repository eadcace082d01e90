-- A message's bytes are many times its row, and the row is written again when it is leased and when it is done with. By themselves
-- they are written once.
create table message_bytes (
  id text primary key,
  raw bytea not null
);
-- PostgreSQL: alter table message_bytes alter column raw set storage external;
insert into message_bytes (id, raw) select id, raw from outbox where raw is not null;

-- The outbox without them, and with fewer indexes for each message to be put into. Its Message-ID is made of the row's id, so that the key is
-- enough for both.
create table outbox_new (
  id text primary key,
  kind text not null,
  recipient text not null,
  mailbox text not null,
  message_id text not null,
  event_id text not null default '',
  registration_id text not null default '',
  uid text not null default '',
  sequence bigint not null default 0,
  topic text not null default '',
  sought text not null default '',
  snapshot text not null,
  state text not null check (state in ('queued', 'sent', 'failed', 'superseded')),
  stale boolean not null default false,
  public boolean not null default false,
  attempts bigint not null default 0,
  due_at bigint not null,
  leased_until bigint not null default 0,
  lease text not null default '',
  problem text not null default '',
  created_at bigint not null,
  sent_at bigint
);
insert into outbox_new (id, kind, recipient, mailbox, message_id, event_id, registration_id, uid, sequence, topic, sought, snapshot, state, stale, public,
  attempts, due_at, leased_until, lease, problem, created_at, sent_at)
select id, kind, recipient, mailbox, message_id, event_id, registration_id, uid, sequence, topic, sought, snapshot, state, stale, public,
  attempts, due_at, leased_until, lease, problem, created_at, sent_at from outbox;
drop table outbox;
alter table outbox_new rename to outbox;
create index outbox_due on outbox (due_at, id) where state = 'queued';
create index outbox_by_mailbox on outbox (mailbox, state, id);
create index outbox_by_registration on outbox (registration_id, created_at);
create index outbox_by_event on outbox (event_id, id);
create index outbox_failed on outbox (id) where state = 'failed';
create index outbox_superseded on outbox (id) where state = 'superseded';
create index outbox_by_message on outbox (topic, mailbox, state) where kind = 'message';
