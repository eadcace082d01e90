-- What the subject of an entry was called then, such as the title of a session that was deleted: ids alone tell nobody what was done to what.
-- Never a person's name, which the trail could not forget.
alter table audit add column title text not null default '';
