-- A waiting person can be offered a seat until a deadline. Whoever has a seat elsewhere at the event keeps it until they accept, so an
-- offer does not count as the one seat of the event; at one place nobody is twice, in whatever way.
alter table registrations add column offered_until bigint not null default 0;
alter table places add column online boolean not null default false;
alter table events add column confirms_waiting boolean not null default false;

drop index registrations_one_seat;
drop index registrations_one_wait;
create unique index registrations_one_seat on registrations (event_id, mailbox) where status in ('pending', 'confirmed');
create unique index registrations_one_place on registrations (place_id, mailbox) where status <> 'cancelled';
create index registrations_offered on registrations (offered_until) where status = 'offered';
create index registrations_queue on registrations (place_id, displaced, joined) where status = 'waiting';

create table leases (
  name text primary key,
  holder text not null,
  until bigint not null
);
