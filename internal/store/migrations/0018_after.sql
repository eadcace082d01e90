-- A resource may also be a link to anywhere, belong to a session, and be a file that was uploaded.
create table event_resources_new (
  id text primary key,
  event_id text not null references events (id),
  session_id text references sessions (id) on delete set null,
  kind text not null check (kind in ('slides', 'video', 'document', 'link')),
  title text not null,
  url text not null,
  file text not null default '',
  position bigint not null default 0
);
insert into event_resources_new (id, event_id, kind, title, url, position) select id, event_id, kind, title, url, position from event_resources;
drop table event_resources;
alter table event_resources_new rename to event_resources;
create index event_resources_by_event on event_resources (event_id, position);
create index event_resources_by_session on event_resources (session_id) where session_id is not null;
create index event_resources_by_url on event_resources (url) where file <> '';

-- Who has an uploaded file beside articles, each at most one: such a file is not purged.
create table file_holders (
  holder text primary key,
  hash text not null references files (hash),
  name text not null
);
create index file_holders_by_hash on file_holders (hash);

-- When an event was to start that has been moved since it was on the site: dates, or times with their distance from UTC, the first date
-- first, with commas between them.
alter table events add column moved_from text not null default '';
