-- A closed account stays, so that the audit trail keeps its name.
alter table organisers add column closed_at bigint not null default 0;
alter table organisers add column seen_at bigint not null default 0;

-- Where a sign-in is from, for its owner to see.
alter table sign_ins add column address text not null default '';
alter table sign_ins add column browser text not null default '';

-- What a second step's codes are made from, sealed with a key that the database does not hold, and the last time step that was used.
create table second_steps (
  organiser_id text primary key references organisers (id),
  sealed bytea not null,
  last_step bigint not null,
  created_at bigint not null
);

-- Keyed hashes of the codes that stand in for a lost phone. One that is used is deleted.
create table recovery_codes (
  organiser_id text not null references organisers (id),
  code_hash text not null,
  primary key (organiser_id, code_hash)
);

-- A right password that waits for its code.
create table pending_sign_ins (
  token_hash text primary key,
  organiser_id text not null references organisers (id),
  attempts bigint not null default 0,
  expires_at bigint not null
);
create index pending_sign_ins_by_organiser on pending_sign_ins (organiser_id);

-- Who asked for a new password in the last hour, account or not: keyed hashes of mailboxes.
create table reset_requests (
  id text primary key,
  mailbox_hash text not null,
  at bigint not null
);
create index reset_requests_by_mailbox on reset_requests (mailbox_hash, at);
