-- When, by which scan and by whom somebody was last let in who was inside already: a way out that a door tells late, of a time before it, was
-- followed by this way in.
alter table attendance add column seen_at bigint not null default 0;
alter table attendance add column seen_id text not null default '';
alter table attendance add column seen_by text not null default '';
