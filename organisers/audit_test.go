package organisers

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// entries are written a minute apart.
func (b *browser) entries(entries ...access.Entry) {
	b.t.Helper()
	for _, e := range entries {
		b.clock.Add(time.Minute)
		e.At = b.clock.Now()
		if err := b.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return b.o.records.trail.Write(ctx, tx.Tx, e) }); err != nil {
			b.t.Fatal(err)
		}
	}
}

var link = regexp.MustCompile(`<a class="app-pager__link[^"]*" href="([^"]+)" rel="(prev|next)"`)

// turns gives the addresses of the pages before and after.
func (a answer) turns() map[string]string {
	found := map[string]string{}
	for _, m := range link.FindAllStringSubmatch(a.body, -1) {
		found[m[2]] = html.UnescapeString(m[1])
	}
	return found
}

func TestTheAuditTrailSaysWhoDidWhatAndIsFiltered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		if _, err := db.NewRaw(`insert into events (id, slug, uid, title, starts_local, ends_local, time_zone, starts_at, ends_at, status, created_at, updated_at)
			values ('e1', 'study-day', 'e1', 'Study <day>', '2027-05-01T09:00', '2027-05-01T17:00', 'Europe/London', 1, 2, 'published', 1, 1)`).Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
		addWithPassword(t, b.o)
		b.signIn(email, "wrong password")
		b.signIn(email, password)
		b.entries(access.Entry{Actor: "attendee", Action: "registration.cancelled", EventID: "e1", Subject: "gone-registration"},
			access.Entry{Actor: "system", Action: "attendee.checked-wide", EventID: "e1", Detail: "by the caretaker"},
			access.Entry{Actor: "system", Action: "session.deleted", EventID: "e1", Subject: "gone-session", Title: "Dose <banding>"})
		all := b.get("/organise/audit").wants(t, 200, "")
		all.shows(t, "Could not sign in", "Signed in", "Ada Lovelace", "192.0.2.1", "Attendee", "Cancelled", "Study &lt;day&gt;", "study-day", "Attendee checked wide", "by the caretaker", "Session deleted", "Dose &lt;banding&gt;", `<a href="/organise/team/`,
			"11 Mar 2027, 9:01am")
		if strings.Contains(all.body, "gone-") {
			t.Error("the page shows people an id")
		}
		rows := func(query string) int {
			return strings.Count(b.get("/organise/audit?"+query).wants(t, 200, "").body, `<tr class="nhsuk-table__row">`)
		}
		for query, want := range map[string]int{
			"": 7, "who=attendee": 1, "who=system": 5, "group=accounts": 4, "group=registrations": 1, "group=check-in": 1, "event=e1": 3, "event=e1&who=attendee": 1,
			"from=2027-03-11": 7, "to=2027-03-11": 7, "from=2027-03-12": 0, "to=2027-03-10": 0, "who=nobody%00": 0, "before=nonsense": 7, "group=unknown": 7,
		} {
			if got := rows(query); got != want {
				t.Errorf("%q gives %d entries, want %d", query, got, want)
			}
		}
		b.get("/organise/audit?from=yesterday").wants(t, 422, "").shows(t, `<a href="#from">Enter a date`)
		b.get("/organise/audit?from=2027-03-12&to=2027-03-10").wants(t, 422, "").shows(t, `<a href="#to">The last day must not be before the first`, `value="2027-03-12"`, `value="2027-03-10"`)
	})
}

func TestTheAuditTrailIsTurnedPageByPageAndBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		b.signIn(email, password)
		var many []access.Entry
		for n := range 2*auditLines + 5 {
			many = append(many, access.Entry{Actor: "attendee", Action: "registration.changed", Detail: fmt.Sprintf("subject-%03d", n)})
		}
		b.entries(many...)
		subjects := func(a answer) string {
			all := regexp.MustCompile(`subject-\d+`).FindAllString(a.body, -1)
			return all[0] + " to " + all[len(all)-1]
		}
		page := b.get("/organise/audit?group=registrations").wants(t, 200, "")
		seen := []string{subjects(page)}
		for _, turn := range []string{"next", "next", "prev", "prev"} {
			to := page.turns()[turn]
			if !strings.Contains(to, "group=registrations") {
				t.Fatalf("%s leads to %q", turn, to)
			}
			page = b.get(to).wants(t, 200, "")
			seen = append(seen, subjects(page))
		}
		want := "subject-104 to subject-055, subject-054 to subject-005, subject-004 to subject-000, subject-054 to subject-005, subject-104 to subject-055"
		if got := strings.Join(seen, ", "); got != want {
			t.Errorf("the pages are %s", got)
		}
		if to := page.turns(); to["prev"] != "" || to["next"] == "" {
			t.Errorf("the first page leads to %v", to)
		}
	})
}
