package door

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/registrations"
)

const longest = "Professor Maximiliana-Anastasia Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"

func TestOfALongNameNoLetterIsLostAndTheCodeIsLeftAlone(t *testing.T) {
	pdf := newPDF("")
	pdf.AddPage()
	for name, text := range map[string]string{
		"the longest name": longest, "one word": strings.Repeat("w", 80), "a long trust": strings.Repeat("University Hospitals ", 9), "accents": "Zoë Łukasiewicz-Ñandú",
		"Greek and Cyrillic": "Ελένη Шевченко",
	} {
		for points := 15.0; ; points -= 0.5 {
			pdf.SetFont("go", "B", points)
			lines := split(pdf, text, textWidth)
			if len(lines) > 4 && points > 5 {
				continue
			}
			if got := strings.Join(strings.Fields(strings.Join(lines, "")), ""); got != strings.Join(strings.Fields(text), "") {
				t.Errorf("%s becomes %q", name, lines)
			}
			for _, l := range lines {
				if w := pdf.GetStringWidth(l); w > textWidth {
					t.Errorf("%s: %q is %.1f mm wide, and has %.1f", name, l, w, textWidth)
				}
			}
			break
		}
	}
}

func TestBadgesAndListsAreFilesOfTheRightLength(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	for range 23 {
		n.guest(n.event, 0, "Ada", longest, registrations.Confirmed)
	}
	n.guest(n.event, 1, "Bob", "Online", registrations.Confirmed)
	n.guest(n.event, 0, "Cy", "Cancelled", registrations.Cancelled)
	badges, err := n.Badges(t.Context(), n.event, Choice{Place: n.event.Places[0].ID})
	must(t, err)
	if len(badges) != 23 {
		t.Fatalf("%d badges", len(badges))
	}
	guests, err := n.Door.at(t.Context(), n.event, Choice{Place: everybody})
	must(t, err)
	for name, write := range map[string]struct {
		pages int
		write func(w *bytes.Buffer) error
	}{
		"badges":     {3, func(w *bytes.Buffer) error { return writeBadges(w, n.event, badges) }},
		"signing in": {2, func(w *bytes.Buffer) error { return writeSigningIn(w, n.event, sheetLines(n.event, guests)) }},
		"no badges":  {1, func(w *bytes.Buffer) error { return writeBadges(w, n.event, nil) }},
	} {
		var b bytes.Buffer
		must(t, write.write(&b))
		if pages := bytes.Count(b.Bytes(), []byte("/Type /Page\n")); !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) || pages != write.pages {
			t.Errorf("%s: %d pages, not %d", name, pages, write.pages)
		}
	}
}

func TestTimeThereIsInHoursAndMinutes(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 min", 59 * time.Second: "0 min", 45 * time.Minute: "45 min", 5*time.Hour + 20*time.Minute + 5*time.Second: "5 h 20 min", 2 * time.Hour: "2 h 0 min"} {
		if got := lasting(d); got != want {
			t.Errorf("%v is %q, not %q", d, got, want)
		}
	}
}

// What browser tests measure on the longest names: what is said here of their sizes only keeps the choice as it is.
func TestABadgeIsSetAsLargeAsItsTextAllows(t *testing.T) {
	wide := strings.Repeat("W", 100)
	for name, c := range map[string]struct {
		b    Badge
		want int
	}{
		"as most are":    {Badge{Event: "SACT Masterclass", Name: "Ms Ada Example", From: "Clinical nurse specialist, Example trust", Place: "In person"}, 0},
		"a long trust":   {Badge{Event: "SACT Masterclass", Name: "Ms Ada Example", From: strings.Repeat("University Hospitals ", 12), Place: "In person"}, 1},
		"a long name":    {Badge{Event: "SACT Masterclass", Name: longest, From: "Nurse, Example trust", Place: "In person"}, 2},
		"all too long":   {Badge{Event: wide + wide, Name: wide + " " + wide, From: wide + wide + ", " + wide + wide, Place: wide}, len(sizes) - 1},
		"nothing at all": {},
	} {
		if got := sizeOf(c.b); got != c.want {
			t.Errorf("%s is set in size %d, want %d", name, got, c.want)
		}
	}
	if n := lines("WW", 10, 5); n != 2 {
		t.Errorf("two letters wider than the column take %.0f lines", n)
	}
}

func TestNoTextRunsIntoWhatIsBelowIt(t *testing.T) {
	t.Parallel()
	pdf := newPDF("")
	pdf.AddPage()
	for _, text := range []string{longest, "Lead nurse for systemic anti-cancer therapy, " + strings.Repeat("University Hospitals ", 5), "Ada Example"} {
		for what, in := range map[string]box{"a row to sign": {12, 20, sheetColumns[0].width, lineHeight - 1.5}, "the foot of a badge": {12, 20, textWidth, 9}} {
			if bottom := drawText(pdf, text, "B", in, 15, 4); bottom > in.y+in.height || bottom <= in.y {
				t.Errorf("%q ends at %.1f mm in %s, which ends at %.1f", text, bottom, what, in.y+in.height)
			}
		}
	}
	full := Badge{Event: strings.Repeat("Masterclass ", 12), Name: longest, From: strings.Repeat("University Hospitals ", 8), Place: "In person"}
	if end := drawBadge(pdf, full, 0, 0); end > badgeHeight-padding-placeHeight {
		t.Errorf("a badge's texts run into its foot: they end %.1f mm below its top", end)
	}
}

func TestAnyNameCanBePrinted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Zoë O’Brien-Łukasz":              "Zoë O’Brien-Łukasz",
		"Zoe\u0308":                       "Zoë",
		"Ada 🎉 Example 👩🏽‍⚕️":             "Ada Example",
		"Nguyễn Thị Hồng":                 "Nguyen Thi Hong",
		"Adébáyọ̀ Ọláṣení":                "Adébáyo Olásení",
		"Kaʻiulani":                       "Ka’iulani",
		"王小明":                             "???",
		"𝒜da":                             "?da",
		"Ελένη Иванова":                   "Ελένη Иванова",
		"two\u00a0words\u200b\tand\nmore": "two words and more",
		"":                                "",
	} {
		if got := drawable(text); got != want {
			t.Errorf("%q is printed as %q, not %q", text, got, want)
		}
	}
	n := newEntrance(t, storetest.SQLite(t))
	n.event.Title = "Masterclass 🎓"
	n.guest(n.event, 0, "Ada 🎉", "Nguyễn 𝒜", registrations.Confirmed)
	badges, err := n.Badges(t.Context(), n.event, Choice{})
	must(t, err)
	guests, err := n.Confirmed(t.Context(), n.event.ID)
	must(t, err)
	var b bytes.Buffer
	must(t, writeBadges(&b, n.event, badges))
	must(t, writeSigningIn(&b, n.event, sheetLines(n.event, guests)))
}

func TestWhatDoesNotFitEndsInAnEllipsis(t *testing.T) {
	t.Parallel()
	pdf := newPDF("")
	pdf.AddPage()
	in := box{12, 20, textWidth, 9}
	for _, text := range []string{strings.Repeat("University Hospitals ", 40), strings.Repeat("W", 400)} {
		if bottom := drawText(pdf, text, "", in, 9.5, 2); bottom > in.y+in.height {
			t.Errorf("it ends at %.1f mm, past %.1f", bottom, in.y+in.height)
		}
		pdf.SetFont("go", "", smallest)
		if got := shortened(pdf, text, in.width); !strings.HasSuffix(got, "\u2026") || pdf.GetStringWidth(got) > in.width || len(got) < 30 {
			t.Errorf("it is shortened to %q", got)
		}
	}
}

func TestWhoWasNotCheckedOutWasThereUntilTheDayEnded(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	e := *n.event
	e.EndsLocal, e.EndsAt = "2027-03-13T13:00", time.Date(2027, 3, 13, 13, 0, 0, 0, time.UTC).UnixMilli()
	e.Sessions = append(e.Sessions[:2:2], events.Session{ID: "dinner", StartsLocal: "2027-03-12T20:00", EndsLocal: "2027-03-13T01:00"}, events.Session{ID: "last", StartsLocal: "2027-03-13T10:00", EndsLocal: "2027-03-13T12:00"})
	for name, c := range map[string]struct{ came, session, want string }{
		"the first day":                 {"11 09:00", "", "11 12:00"},
		"after the last session":        {"11 15:00", "", "11 15:00"},
		"a session":                     {"11 09:50", e.Sessions[0].ID, "11 11:00"},
		"a dinner past midnight":        {"12 09:00", "", "13 01:00"},
		"who comes to it at midnight":   {"13 00:30", "dinner", "13 01:00"},
		"the last day":                  {"13 09:00", "", "13 13:00"},
		"a day that has no sessions":    {"10 09:00", "", "10 13:00"},
		"a session, on a day of others": {"12 09:00", e.Sessions[0].ID, "12 13:00"},
	} {
		came, err := time.Parse("2006-01-02 15:04", "2027-03-"+c.came)
		must(t, err)
		if got := dayEnds(&e, Visit{SessionID: c.session, CameAt: came}).Format("02 15:04"); got != c.want {
			t.Errorf("%s ends at %s, not %s", name, got, c.want)
		}
	}
	e = *n.event
	e.AllDay, e.EndsAt = true, time.Date(2027, 3, 12, 0, 0, 0, 0, time.UTC).UnixMilli()
	if got := dayEnds(&e, Visit{CameAt: time.Date(2027, 3, 11, 9, 0, 0, 0, time.UTC)}).Format("02 15:04"); got != "12 00:00" {
		t.Errorf("a day without hours ends at %s", got)
	}
}

func TestATimeHasItsDayWhereThatIsNotTheOnlyOne(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	a := Answer{Outcome: AlreadyIn, Visit: Visit{ID: "v", CameBy: "Kim"}}
	for day, want := range map[int]string{0: "Already checked in at 9:12am by Kim", -1: "Already checked in at 9:12am on Wed 10 Mar by Kim"} {
		a.Visit.CameAt = time.Date(2027, 3, 11+day, 9, 12, 0, 0, time.UTC)
		if got := wordsFor(n.event, a).Heading; got != want {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
	e := *n.event
	e.EndsAt += (48 * time.Hour).Milliseconds()
	if got := wordsFor(&e, Answer{Outcome: WentOut, Visit: Visit{LeftAt: time.Date(2027, 3, 12, 16, 0, 0, 0, time.UTC)}}).Heading; got != "Checked out at 4pm on Fri 12 Mar" {
		t.Errorf("of several days it says %q", got)
	}
}

func TestSheetsAreForThoseWhoComeUnlessSomebodyChooses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		for _, name := range []string{"Zola", "Öz", "oz", "Oz", "Péter", "Peters", "Łuk"} {
			n.guest(n.event, 0, "Ada", name, registrations.Confirmed)
		}
		far := n.guest(n.event, 1, "Bob", "Afar", registrations.Confirmed)
		gone := n.guest(n.event, 0, "Cy", "Cancelled", registrations.Cancelled)
		inPerson := "Łuk Oz oz Öz Péter Peters Zola"
		webinar := *n.event
		webinar.Places = []events.Place{{ID: n.event.Places[0].ID, Online: true}, {ID: n.event.Places[1].ID, Online: true}}
		for name, c := range map[string]struct {
			event *events.Event
			whose Choice
			want  string
		}{
			"in person":                   {n.event, Choice{}, inPerson},
			"everybody":                   {n.event, Choice{Place: everybody}, "Afar " + inPerson},
			"one place":                   {n.event, Choice{Place: n.event.Places[1].ID}, "Afar"},
			"one person":                  {n.event, Choice{Guest: far}, "Afar"},
			"where everybody is far away": {&webinar, Choice{}, "Afar " + inPerson},
		} {
			list, err := n.Door.at(t.Context(), c.event, c.whose)
			must(t, err)
			var names []string
			for _, g := range list {
				names = append(names, g.LastName)
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("%s: %s, not %s", name, got, c.want)
			}
		}
		for _, id := range []string{gone, "none", newID()} {
			if _, err := n.Badges(t.Context(), n.event, Choice{Guest: id}); !errors.Is(err, registrations.ErrNotFound) {
				t.Errorf("the badge of %s: %v", id, err)
			}
		}
	})
}

func TestASheetOffersEachChoiceOnce(t *testing.T) {
	here, there, far := events.Place{ID: "1", Name: "Hall"}, events.Place{ID: "2", Name: "Annex"}, events.Place{ID: "3", Name: "Online", Online: true}
	for name, c := range map[string]struct {
		places []events.Place
		whose  Choice
		want   string // the one that is chosen in brackets
	}{
		"one place and online":    {[]events.Place{here, far}, Choice{}, "[Hall /b] Online /b?place=3 Everybody /b?place=all"},
		"its own address":         {[]events.Place{here, far}, Choice{Place: "1"}, "[Hall /b] Online /b?place=3 Everybody /b?place=all"},
		"those online":            {[]events.Place{here, far}, Choice{Place: "3"}, "Hall /b [Online /b?place=3] Everybody /b?place=all"},
		"two places and online":   {[]events.Place{here, there, far}, Choice{}, "[All in person /b] Hall /b?place=1 Annex /b?place=2 Online /b?place=3 Everybody /b?place=all"},
		"everybody":               {[]events.Place{here, far}, Choice{Place: everybody}, "Hall /b Online /b?place=3 [Everybody /b?place=all]"},
		"two places":              {[]events.Place{here, there}, Choice{}, "Hall /b?place=1 Annex /b?place=2 [Everybody /b]"},
		"online alone":            {[]events.Place{far}, Choice{}, "Online /b?place=3 [Everybody /b]"},
		"one person":              {[]events.Place{here, far}, Choice{Guest: "g"}, "Hall /b Online /b?place=3 Everybody /b?place=all"},
		"one person of one place": {[]events.Place{here}, Choice{Guest: "g"}, "Hall /b?place=1 Everybody /b"},
	} {
		p := newSheetPage(&events.Event{Places: c.places}, "/b", c.whose)
		var got []string
		for _, l := range p.Places {
			link := l.Text + " " + l.Href
			if l.Current {
				link = "[" + link + "]"
			}
			got = append(got, link)
		}
		if strings.Join(got, " ") != c.want || p.PDF != "/b.pdf"+c.whose.query() {
			t.Errorf("%s: it offers %s, not %s, and the file %s", name, strings.Join(got, " "), c.want, p.PDF)
		}
	}
}

// The forms take 20 letters of a title, 100 of each name, and 200 of a role, of an employer and of an event's title.
func TestTheLongestTextsOfTheFormsStayOnTheirBadgeAndRow(t *testing.T) {
	t.Parallel()
	pdf := newPDF("")
	pdf.AddPage()
	for _, word := range []string{"Wolfeschlegelsteinhausen ", "W", "Maria ", "ÀÉÎ", "i", "Ọ"} {
		long := func(n int) string { return strings.TrimSpace(string([]rune(strings.Repeat(word, n))[:n])) }
		b := Badge{Event: long(200), Name: long(20) + " " + long(100) + " " + long(100), From: long(200) + ", " + long(200), Place: long(100)}
		if end := drawBadge(pdf, b, 0, 0); end > badgeHeight-padding-placeHeight {
			t.Errorf("of %q the badge's texts run into its foot: they end %.1f mm below its top", word, end)
		}
		for n, text := range []string{long(100) + ", " + long(20) + " " + long(100), b.From, b.Place} {
			in := box{sheetColumns[n].x, 20, sheetColumns[n].width, lineHeight - 1.5}
			if bottom := drawText(pdf, text, "", in, 9.5, 3); bottom > in.y+in.height {
				t.Errorf("of %q column %d ends %.1f mm below its row", word, n, bottom-in.y-in.height)
			}
		}
	}
}
