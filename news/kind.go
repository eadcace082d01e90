package news

// Kind says what sort of article it is, and so where it is published.
type Kind string

// The kinds.
const (
	News               Kind = "news"
	WhatsNew           Kind = "whats-new"
	ServiceDevelopment Kind = "service-development"
	Video              Kind = "video"
	ELearning          Kind = "e-learning"
	Document           Kind = "document"
	Expert             Kind = "expert"
	Page               Kind = "page" // a plain page, in no list
)

// section is where a kind is published and how its list looks.
type section struct {
	kind               Kind
	path, title, intro string
	open               string // the words of a link to the article's own file or recording
	missing            string // the sentence when a slug is not known
	ordered            bool   // by position, without dates; else the newest first
	tiles              bool   // side by side instead of one below the other
}

// sections are the kinds that have a list, in the order in which the site names them.
var sections = []section{
	{kind: News, path: "/news", title: "News",
		intro:   "What is happening in cancer care and research, and in the partnership.",
		open:    "Read more",
		missing: "We could not find that news item. It may have been taken down, or its address mistyped."},
	{kind: WhatsNew, path: "/whats-new", title: "What’s new",
		intro:   "Strategies, meetings and learning from elsewhere that are worth your time.",
		open:    "Read more",
		missing: "We could not find that item. It may have been taken down, or its address mistyped."},
	{kind: ServiceDevelopment, path: "/service-developments", title: "Service developments",
		intro:   "Changes to chemotherapy services that improve patients’ experience, and what it takes to adopt them.",
		open:    "Read more",
		missing: "We could not find that service development. It may have been taken down, or its address mistyped."},
	{kind: Video, path: "/videos", title: "Videos", tiles: true,
		intro:   "Professionals talk about their services, and people who are starting treatment learn what to expect.",
		open:    "Watch the video",
		missing: "We could not find that video. It may have been taken down, or its address mistyped."},
	{kind: ELearning, path: "/e-learning", title: "E-learning", ordered: true, tiles: true,
		intro:   "Short modules on cancer and chemotherapy, to take at your own pace.",
		open:    "Start the module",
		missing: "We could not find that module. It may have been taken down, or its address mistyped."},
	{kind: Document, path: "/documents", title: "Documents",
		intro:   "Checklists, records and outlines to adapt for your own service.",
		open:    "Open the document",
		missing: "We could not find that document. It may have been taken down, or its address mistyped."},
	{kind: Expert, path: "/experts", title: "Experts", ordered: true, tiles: true,
		intro:   "People who will answer a colleague’s question, by topic.",
		open:    "Read more",
		missing: "We could not find that expert. The entry may have been taken down, or its address mistyped."},
}

// plainPages are the slugs of kind Page that every site has and links to, at its root. Others are below pagesPath.
var plainPages = []string{"about", "accessibility", "privacy", "cookies", "contact", securitySlug}

const pagesPath = "/pages"

// plain is what articles of kind Page share: no list, no date.
var plain = section{kind: Page, title: "Pages", open: "Read more", ordered: true}

// sectionOf gives the kind's section; the zero section has no kind.
func sectionOf(kind Kind) section {
	if kind == Page {
		return plain
	}
	for _, s := range sections {
		if s.kind == kind {
			return s
		}
	}
	return section{}
}

// Kinds are the kinds that have a list, in the order in which the site names them.
func Kinds() []Kind {
	kinds := make([]Kind, len(sections))
	for i, s := range sections {
		kinds[i] = s.kind
	}
	return kinds
}

// Valid says whether there is such a kind.
func (k Kind) Valid() bool { return sectionOf(k).kind != "" }

// Path is the address of the kind's list, such as "/service-developments"; "" for Page.
func (k Kind) Path() string { return sectionOf(k).path }

// Title is the heading of the kind's list, such as "Service developments".
func (k Kind) Title() string { return sectionOf(k).title }

// Intro is the sentence below that heading.
func (k Kind) Intro() string { return sectionOf(k).intro }

// Dated says whether people are shown when an article of the kind was published.
func (k Kind) Dated() bool { return !sectionOf(k).ordered }
