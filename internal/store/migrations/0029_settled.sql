-- When an organiser has seen to a message that failed, by telephone, say, or it was of no use any more: it needs nobody's attention then.
alter table outbox add column settled_at bigint not null default 0;
