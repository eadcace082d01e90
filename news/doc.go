// Package news publishes articles: news, what's new, service developments, videos, e-learning, documents, experts
// and the site's plain pages such as the accessibility statement.
//
// Every article has a kind and a slug, which together are its address; kind.go is the one table that says where a
// kind is published, under which title and in which order. Only what is published, and whose time has come, can be
// seen. Bodies are Markdown, rendered by package markdown, so that nothing an author pastes can run or load;
// {{contact}} and {{site}} in them become the installation's address and name. ParseArticle reads an article from a
// text file, for the sample site.
//
// A Newsroom is where organisers write: every save is a version, in one transaction with its entry in the audit trail. Scheduled is no
// status but a published article whose time has not come, so that nothing needs to happen at that time. Uploaded files belong to an
// article, or to a holder elsewhere such as an event's resource, and are kept by the SHA-256 of their bytes; package files decides what may be uploaded, package intake watches other sites.
package news
