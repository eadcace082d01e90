-- What the message is the latest word on; '' when nothing takes its place.
alter table outbox add column topic text not null default '';
-- A newer message took its place while a worker had it in hand: it is not tried again.
alter table outbox add column stale boolean not null default false;
-- For the organisers' pages.
create index outbox_by_event on outbox (event_id, id);
create index outbox_failed on outbox (id) where state = 'failed';
-- The recipient's name and address in small letters, to look for.
alter table outbox add column sought text not null default '';
update outbox set sought = lower(recipient);
