-- What the search asks every few seconds, answered from the index alone: without it every article's body would be read past.
create index articles_followed on articles (status, published_at, updated_at, id);

-- A module is an article of kind e-learning. It is open once its pages are published; before, it is 'coming soon'. The version rises with
-- every change of its pages and questions.
create table learning_modules (
  article_id text primary key references articles (id) on delete cascade,
  opened_at bigint not null default 0,
  version bigint not null default 1,
  updated_at bigint not null
);

create table learning_pages (
  id text primary key,
  module_id text not null references articles (id) on delete cascade,
  position bigint not null,
  title text not null,
  body text not null,
  version bigint not null default 1,
  updated_at bigint not null
);
create index learning_pages_by_module on learning_pages (module_id, position);

-- The answers are one a line, those that are right with a 1 in their place of correct, the others with a 0.
create table learning_questions (
  id text primary key,
  module_id text not null references articles (id) on delete cascade,
  position bigint not null,
  question text not null,
  answers text not null,
  correct text not null,
  explanation text not null,
  version bigint not null default 1,
  updated_at bigint not null
);
create index learning_questions_by_module on learning_questions (module_id, position);

-- How far somebody has come, whoever it is: nothing here says who. Its link is derived from the id.
create table learning_progress (
  id text primary key,
  module_id text not null references articles (id) on delete cascade,
  page bigint not null,
  passed_at bigint not null default 0,
  created_at bigint not null,
  seen_at bigint not null
);
create index learning_progress_by_age on learning_progress (seen_at);

-- Who wants to be told when a module opens. A row goes with the message that tells.
create table learning_waiting (
  id text primary key,
  module_id text not null references articles (id) on delete cascade,
  email text not null,
  mailbox text not null,
  created_at bigint not null,
  confirmed_at bigint not null default 0,
  unique (module_id, mailbox)
);
