-- The audit trail is only ever added to, whatever a program or a person at the database asks for. The first two are SQLite's; PostgreSQL, to
-- which they are comments, has a function for the same, and refuses to empty the table too.
-- PostgreSQL: /*
create trigger audit_keeps_its_words before update on audit begin
  select raise(abort, 'the audit trail is only ever added to: none of its entries may be changed');
end;
create trigger audit_keeps_its_entries before delete on audit begin
  select raise(abort, 'the audit trail is only ever added to: none of its entries may be deleted');
end;
-- PostgreSQL: */
-- PostgreSQL: create function audit_is_added_to() returns trigger language plpgsql as $$
-- PostgreSQL: begin
-- PostgreSQL:   raise exception 'the audit trail is only ever added to: none of its entries may be changed or deleted';
-- PostgreSQL: end $$;
-- PostgreSQL: create trigger audit_keeps_its_words before update or delete or truncate on audit for each statement execute function audit_is_added_to();
