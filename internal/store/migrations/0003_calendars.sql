-- Where those who take part from afar join: shown to those whose place is confirmed, and to nobody else.
alter table events add column join_url text not null default '';
-- Raising it revokes the links to the calendars of a mailbox.
alter table registrations add column calendar_generation bigint not null default 0;
