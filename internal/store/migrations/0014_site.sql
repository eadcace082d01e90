-- What people can go back to once an event is over, or read before it.
create table event_resources (
  id text primary key,
  event_id text not null references events (id),
  kind text not null check (kind in ('slides', 'video', 'document')),
  title text not null,
  url text not null,
  position bigint not null default 0
);
create index event_resources_by_event on event_resources (event_id, position);
