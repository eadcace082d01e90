-- Types are those that SQLite and PostgreSQL read alike: text, bigint, boolean, bytea.
-- Instants are Unix milliseconds; ids are UUIDv7 strings.

create table installation (
  id bigint primary key check (id = 1),
  epoch bigint not null,
  secret_fingerprint text not null default ''
);

create table events (
  id text primary key,
  slug text not null unique,
  uid text not null unique,
  series text not null default '',
  title text not null,
  summary text not null default '',
  description text not null default '',
  audience text not null default '',
  cost text not null default '',
  access text not null default '',
  sponsors text not null default '',
  venue text not null default '',
  address text not null default '',
  topics text not null default '',
  starts_local text not null,
  ends_local text not null,
  time_zone text not null,
  all_day boolean not null default false,
  starts_at bigint not null,
  ends_at bigint not null,
  status text not null check (status in ('draft', 'published', 'cancelled', 'postponed')),
  listed boolean not null default true,
  approval boolean not null default false,
  registration_opens_at bigint not null default 0,
  registration_closes_at bigint not null default 0,
  sequence bigint not null default 0,
  version bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null
);
create index events_by_start on events (starts_at);

create table event_slugs (
  slug text primary key,
  event_id text not null references events (id)
);

create table speakers (
  id text primary key,
  event_id text not null references events (id),
  name text not null,
  role text not null default '',
  biography text not null default '',
  position bigint not null
);
create index speakers_by_event on speakers (event_id, position);

create table sessions (
  id text primary key,
  event_id text not null references events (id),
  kind text not null,
  title text not null,
  room text not null default '',
  description text not null default '',
  starts_local text not null,
  ends_local text not null,
  position bigint not null
);
create index sessions_by_event on sessions (event_id, position);

create table session_speakers (
  session_id text not null references sessions (id),
  speaker_id text not null references speakers (id),
  position bigint not null,
  primary key (session_id, speaker_id)
);

-- The record of every seat. The checks are the last guard against overselling.
create table places (
  id text primary key,
  event_id text not null references events (id),
  name text not null,
  position bigint not null,
  capacity bigint not null check (capacity >= 0),
  taken bigint not null default 0,
  waiting bigint not null default 0 check (waiting >= 0),
  version bigint not null default 0,
  check (taken >= 0 and taken <= capacity)
);
create index places_by_event on places (event_id, position);

-- version and joined are numbers of the place's version: they order the waiting list.
create table registrations (
  id text primary key,
  event_id text not null references events (id),
  place_id text not null references places (id),
  reference text not null,
  status text not null check (status in ('pending', 'confirmed', 'waiting', 'offered', 'cancelled')),
  version bigint not null,
  joined bigint not null,
  displaced boolean not null default false,
  generation bigint not null default 0,
  title text not null,
  first_name text not null,
  last_name text not null,
  email text not null,
  mailbox text not null,
  profession text not null,
  job_role text not null,
  employer text not null,
  regulator_number text not null,
  created_at bigint not null,
  updated_at bigint not null,
  cancelled_at bigint
);
create unique index registrations_one_seat on registrations (event_id, mailbox) where status in ('pending', 'offered', 'confirmed');
create unique index registrations_one_wait on registrations (place_id, mailbox) where status = 'waiting';
create index registrations_by_change on registrations (place_id, version);
create index registrations_waiting on registrations (place_id, created_at) where status = 'waiting';
create index registrations_by_mailbox on registrations (mailbox);

-- Special-category data, apart from everything else and encrypted.
create table health_needs (
  registration_id text primary key references registrations (id),
  sealed bytea not null,
  consented_at bigint not null,
  purge_at bigint not null
);
create index health_needs_by_purge on health_needs (purge_at);

create table idempotency_keys (
  event_id text not null references events (id),
  key_hash text not null,
  body_hash text not null,
  registration_id text not null references registrations (id),
  created_at bigint not null,
  primary key (event_id, key_hash)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

create table outbox (
  id text primary key,
  kind text not null,
  recipient text not null,
  mailbox text not null,
  message_id text not null unique,
  event_id text not null default '',
  registration_id text not null default '',
  uid text not null default '',
  sequence bigint not null default 0,
  snapshot text not null,
  raw bytea,
  state text not null check (state in ('queued', 'sent', 'failed', 'superseded')),
  public boolean not null default false,
  attempts bigint not null default 0,
  due_at bigint not null,
  leased_until bigint not null default 0,
  lease text not null default '',
  problem text not null default '',
  created_at bigint not null,
  sent_at bigint
);
create index outbox_due on outbox (due_at, id) where state = 'queued';
create index outbox_by_mailbox on outbox (mailbox, created_at);
create index outbox_queued_by_mailbox on outbox (mailbox, id) where state = 'queued';
create index outbox_by_registration on outbox (registration_id, created_at);

create table audit (
  id text primary key,
  at bigint not null,
  actor text not null,
  action text not null,
  event_id text not null default '',
  subject text not null default '',
  detail text not null default '',
  request_id text not null default ''
);
create index audit_by_event on audit (event_id, at);

create table articles (
  id text primary key,
  kind text not null,
  slug text not null,
  title text not null,
  summary text not null default '',
  body text not null default '',
  topics text not null default '',
  note text not null default '',
  source text not null default '',
  link text not null default '',
  position bigint not null default 0,
  status text not null check (status in ('draft', 'published', 'archived')),
  published_at bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  unique (kind, slug)
);
create index articles_by_kind on articles (kind, published_at);

create table organisers (
  id text primary key,
  email text not null,
  mailbox text not null unique,
  name text not null,
  role text not null check (role in ('owner', 'organiser', 'editor', 'steward')),
  password text not null default '',
  created_at bigint not null,
  updated_at bigint not null
);

create table sign_ins (
  token_hash text primary key,
  organiser_id text not null references organisers (id),
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null
);
create index sign_ins_by_organiser on sign_ins (organiser_id);

create table sign_in_links (
  token_hash text primary key,
  organiser_id text not null references organisers (id),
  created_at bigint not null,
  expires_at bigint not null
);
