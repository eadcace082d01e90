-- What is sent how long before an event starts or after it ends. The moment follows from the event, so a changed start moves it. A rule
-- that is removed stays, with what was sent by it: when it is added again, nobody gets the same twice.
create table reminder_rules (
  id text primary key,
  event_id text not null references events (id),
  kind text not null,
  offset_ms bigint not null check (offset_ms > 0),
  audience text not null,
  created_at bigint not null,
  removed_at bigint not null default 0,
  unique (event_id, kind, offset_ms, audience)
);

-- Written with the message itself: once for each person and rule.
create table reminders_sent (
  rule_id text not null references reminder_rules (id),
  registration_id text not null references registrations (id),
  sent_at bigint not null,
  primary key (rule_id, registration_id)
);

-- What a mailbox does not want. What has to be said to somebody with a place is not among the topics.
create table mail_stopped (
  mailbox text not null,
  topic text not null,
  stopped_at bigint not null,
  primary key (mailbox, topic)
);

-- What organisers have written to attendees. The id is made with the form, so that a double click sends one message.
create table attendee_messages (
  id text primary key,
  event_id text not null references events (id),
  subject text not null,
  body text not null,
  filter text not null,
  sent_by text not null,
  sent_at bigint not null,
  recipients bigint not null
);
create index attendee_messages_by_event on attendee_messages (event_id, sent_at);
