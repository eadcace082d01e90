-- How far a message to many has come.
create index outbox_by_message on outbox (topic, mailbox, state) where kind = 'message';
-- For the organisers' pages: few messages are taken back, and few requests wait.
create index outbox_superseded on outbox (id) where state = 'superseded';
create index registrations_pending on registrations (event_id) where status = 'pending';
