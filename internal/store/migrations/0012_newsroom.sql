alter table articles add column version bigint not null default 1;
alter table articles add column author text not null default '';
-- First in its section of the home page.
alter table articles add column pinned boolean not null default false;

-- What an article was after each time that it was saved, as JSON.
create table article_versions (
  article_id text not null references articles (id),
  version bigint not null,
  saved_at bigint not null,
  saved_by text not null,
  change text not null,
  content text not null,
  primary key (article_id, version)
);

-- Addresses that articles gave up, which lead to their new ones.
create table article_addresses (
  kind text not null,
  slug text not null,
  article_id text not null references articles (id),
  primary key (kind, slug)
);

-- What was uploaded, by the SHA-256 of what is served. A file that no article has any more is purged.
create table files (
  hash text primary key,
  type text not null,
  body bytea not null,
  added_at bigint not null
);
create table article_files (
  article_id text not null references articles (id),
  hash text not null references files (hash),
  small_hash text not null default '',
  name text not null,
  alt text not null default '',
  type text not null,
  size bigint not null,
  width bigint not null default 0,
  height bigint not null default 0,
  small_width bigint not null default 0,
  added_at bigint not null,
  primary key (article_id, hash)
);
create index article_files_by_hash on article_files (hash);
create index article_files_by_small_hash on article_files (small_hash);

-- Feeds of other sites; what they bring waits for an editor.
create table sources (
  id text primary key,
  name text not null,
  url text not null unique,
  etag text not null default '',
  modified text not null default '',
  checked_at bigint not null default 0,
  due_at bigint not null default 0,
  problem text not null default '',
  added_at bigint not null
);
create table source_items (
  id text primary key,
  source_id text not null references sources (id),
  guid text not null,
  title text not null,
  link text not null,
  excerpt text not null default '',
  published_at bigint not null default 0,
  found_at bigint not null,
  state text not null check (state in ('new', 'published', 'dismissed')),
  article_id text not null default '',
  unique (source_id, guid)
);
create index source_items_new on source_items (found_at) where state = 'new';
