package main

import (
	"masterclass/internal/access"
	"masterclass/news"
)

// An article: written, looked at, published, changed by two at once, brought back as it was, with a picture, and found in the list.
func articleFlow(w *walk) []deed {
	theirs := behind("somebody else saves it", func(w *walk) {
		a, err := w.site.newsroom.Find(w.t.Context(), w.site.articleID(w.t, w.slug))
		if err == nil {
			a.Body = "What they wrote."
			_, err = w.site.newsroom.Save(w.t.Context(), a, news.Editor{Entry: access.Entry{Actor: "organiser:sam"}, Name: "Sam Newcomer"})
		}
		if err != nil {
			w.t.Fatal(err)
		}
	})
	return []deed{
		follow("Articles"), follow("Write a new article"), pressFor(422, "Save", "There is a problem"), fill("kind", "News", "title", "News of "+w.slug, "summary", "In short", "body", "The **first** text", "slug", w.slug),
		press("Preview", "Preview, not saved yet", "The first text"), fill("state", "published"), press("Save", "See it on the site"),
		fill("body", "The second text"), press("Save"), theirs, fill("body", "The third text"), pressFor(409, "Save", "What was saved meanwhile", "What they wrote."), unfold("Their whole text"), press("Save"),
		follow("History"), follow("Version 1", "What has changed since then"), press("Restore this version"),
		open("/news/"+w.slug, "The first text"), open(newsDesk + "?q=" + w.slug), follow("News of " + w.slug),
		follow("Images and files"), pressFor(422, "Upload", "There is a problem"), attach("file", "desk.png", square(w.t, 200)), fill("alt", "A desk"), press("Upload", "desk.png"), press("Remove desk.png", "Nothing has been uploaded"),
		follow("Articles"), fill("q", "News of "+w.slug, "state", "Published"), press("Show", "1 article"),
		follow("News of " + w.slug), fill("state", "scheduled"), pressFor(422, "Save", "There is a problem"), fill("state", "archived"), press("Save"),
	}
}

// News from elsewhere: a source that is refused, one that cannot be read, and two pieces of news, published and dismissed.
func sourceFlow(w *walk) []deed {
	now := w.site.now().UnixMilli()
	w.site.exec(w.t, "insert into sources (id, name, url, checked_at, due_at, problem, added_at) values (?, ?, 'http://127.0.0.1:1/feed', ?, 9999999999999, '', 1)", w.slug, "Journal "+w.slug, now)
	for _, item := range []string{"Published", "Dismissed", "Left"} {
		w.site.exec(w.t, "insert into source_items (id, source_id, guid, title, link, excerpt, found_at, state) values (?, ?, ?, ?, 'https://journal.example.org/1', 'More than a thousand people took part.', ?, 'new')",
			w.slug+item, w.slug, item, item+" "+w.slug, now)
	}
	return []deed{
		follow("News sources", "To review"), pressFor(422, "Add the source", "There is a problem"), fill("url", "http://127.0.0.1/feed"), pressFor(422, "Add the source", "There is a problem"),
		follow("Published "+w.slug, "What the source says"), fill("title", ""), pressFor(422, "Publish", "There is a problem"), fill("title", "Published "+w.slug, "summary", "Delivery at home is safe."), press("Publish", "The news is published."),
		follow("Dismissed " + w.slug), press("Dismiss", "The news is dismissed."), press("Dismiss: Left "+w.slug, "The news is dismissed."),
		press("Look now: Journal "+w.slug, "Not readable"), press("Remove Journal "+w.slug, "The source is removed."), saysNot("Journal " + w.slug),
	}
}

// A module: its pages and questions are written, put in order and deleted, and it is opened and closed.
func learningFlow(w *walk) []deed {
	title := "Module " + w.slug
	if _, err := w.site.newsroom.Create(w.t.Context(), news.Article{Kind: news.ELearning, Slug: w.slug, Title: title, Status: news.Published, PublishedAt: w.site.now()},
		news.Editor{Entry: access.Entry{Actor: "organiser:sam"}, Name: "Sam Newcomer"}); err != nil {
		w.t.Fatal(err)
	}
	page := func(title string) []deed {
		return []deed{follow("Add a page"), fill("title", title, "body", "Some **words**."), press("Save", "Added.", title)}
	}
	question := func(text string) []deed {
		return []deed{follow("Add a question"), fill("question", text, "answer_1", "Yes", "answer_2", "No", "right", "Answer 1", "explanation", "So it is."), press("Save", "Added.", text)}
	}
	return steps(
		[]deed{follow("E-learning", "A module is an article"), follow(title, "There are no pages yet."), follow("Add a page"), pressFor(422, "Save", "There is a problem"), fill("title", "Looked at", "body", "## Why"), press("Preview", "Why"), follow("Cancel")},
		page("One"), page("Two"), []deed{press("Up: Two"), press("Down: Two"), follow("Two"), fill("title", ""), pressFor(422, "Save"), fill("title", "Second"), press("Save", "Your changes are saved.", "Second")},
		[]deed{follow("Second"), follow("Delete this page"), press("Delete", "Deleted.")},
		[]deed{follow("Add a question"), pressFor(422, "Save", "There is a problem"), follow("Cancel")}, question("Is it?"), question("Was it?"),
		[]deed{press("Up: Was it?"), press("Down: Was it?"), follow("Was it?"), fill("question", "Will it be?"), press("Save", "Your changes are saved."), follow("Will it be?"), follow("Delete this question"), press("Delete", "Deleted.")},
		[]deed{follow("Publish", title), press("Publish", "The module is open."), press("Unpublish", "The module is coming soon again")},
	)
}
