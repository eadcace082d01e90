-- Whom a note is about: a place can be passed on, and then its notes are not about who has it, and go with whoever they are about. '' is for notes
-- from before, which count as about whoever has the registration.
alter table attendee_notes add column mailbox text not null default '';
