-- Where an organiser's request came from.
alter table audit add column address text not null default '';

-- The events that a steward helps at.
create table event_stewards (
  event_id text not null references events (id),
  organiser_id text not null references organisers (id),
  created_at bigint not null,
  primary key (event_id, organiser_id)
);
create index event_stewards_by_organiser on event_stewards (organiser_id);
