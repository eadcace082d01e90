-- Who came, and when they left: one row for each time at the event, or at one of its sessions. The id is made where the scan is made, so
-- that a scan which is sent twice counts once; left_id is that of the scan at the way out.
create table attendance (
  id text primary key,
  registration_id text not null references registrations (id),
  event_id text not null references events (id),
  session_id text not null default '',
  came_at bigint not null,
  came_by text not null,
  left_id text not null default '',
  left_at bigint not null default 0,
  left_by text not null default '',
  undone_at bigint not null default 0,
  noted_at bigint not null
);
-- Of two doors that let somebody in at the same moment, one finds them inside.
create unique index attendance_inside on attendance (registration_id, session_id) where left_at = 0 and undone_at = 0;
create index attendance_by_event on attendance (event_id, session_id, noted_at);
create index attendance_by_registration on attendance (registration_id);
