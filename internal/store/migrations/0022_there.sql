-- How many are there, and how many came, is read from this index alone, in the order in which they are counted.
create index attendance_there on attendance (event_id, session_id, registration_id, left_at) where undone_at = 0;
