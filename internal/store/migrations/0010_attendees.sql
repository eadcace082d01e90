-- What organisers write down about a registration, for one another.
create table attendee_notes (
  id text primary key,
  registration_id text not null references registrations (id),
  body text not null,
  author text not null,
  created_at bigint not null
);
create index attendee_notes_by_registration on attendee_notes (registration_id, id);

-- Exports and summaries go through an event's registrations a page at a time; ids never change, so nobody is met twice.
create index registrations_by_event on registrations (event_id, id);
-- The history of one registration. Each index costs every registration something: one does for this and for an event's entries.
drop index audit_by_event;
create index audit_by_event on audit (event_id, subject);
