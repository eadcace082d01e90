-- What an event asks of those who register, beyond what every event does. options are one a line; shown_if is the id of an earlier question
-- of the same event, shown_answer the answer to it that shows this one. A question that was answered is retired, never deleted.
create table questions (
  id text primary key,
  event_id text not null references events (id),
  kind text not null check (kind in ('short_text', 'long_text', 'choice', 'choices', 'yes_no')),
  label text not null,
  hint text not null default '',
  required boolean not null default false,
  options text not null default '',
  shown_if text not null default '',
  shown_answer text not null default '',
  retired boolean not null default false,
  position bigint not null
);
create index questions_by_event on questions (event_id, position);

-- How many rows the event has there: one that has none is read without asking for them.
alter table events add column questions bigint not null default 0;

-- value is the answer, or one answer a line where several can be chosen. What was left empty has no row.
create table answers (
  registration_id text not null references registrations (id),
  question_id text not null references questions (id),
  value text not null,
  primary key (registration_id, question_id)
);
create index answers_by_question on answers (question_id);
