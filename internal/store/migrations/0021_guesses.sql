-- Wrong passwords and codes at the sign-in, counted over all instances and restarts. A tally is the hash of what is counted: an account,
-- there or not, the network that guesses, or both.
create table sign_in_failures (
  tally text primary key,
  failures bigint not null,
  over_at bigint not null
);
create index sign_in_failures_by_end on sign_in_failures (over_at);
