package registrations

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"
)

// visit lets somebody in at the whole event, or at a session, and out again if left is not zero.
func (d *desk) visit(g *Registration, session string, came, left time.Time) {
	d.t.Helper()
	out := int64(0)
	if !left.IsZero() {
		out = left.UnixMilli()
	}
	d.exec("insert into attendance (id, registration_id, event_id, session_id, came_at, came_by, left_at, noted_at) values (?, ?, ?, ?, ?, 'organiser:kim', ?, 1)",
		newID(), g.ID, g.EventID, session, came.UnixMilli(), out)
}

func TestWhoCameIsInTheListTheExportAndOnTheirPage(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		session := newID()
		d.exec("insert into sessions (id, event_id, kind, title, starts_local, ends_local, position) values (?, ?, 'talk', 'Ward round', '2099-03-12T10:00', '2099-03-12T11:00', 0)", session, d.event.ID)
		byron := d.person(1, 0, "Ada", "Byron", "Nurse", "Zeta trust")
		hopper := d.person(2, 0, "Grace", "Hopper", "Pharmacist", "Alpha trust")
		d.person(3, 1, "Mary", "Anning", "Nurse", "Mid Trust")
		d.cancel(d.person(4, 0, "Rosalind", "Franklin", "Nurse", "Alpha trust"))
		d.event = d.now()
		at := time.Date(2099, 3, 12, 9, 2, 0, 0, time.UTC)
		d.visit(byron, "", at, at.Add(7*time.Hour))
		d.visit(hopper, session, at.Add(time.Hour), at.Add(2*time.Hour))
		d.visit(hopper, session, at.Add(3*time.Hour), time.Time{}) // and is still there
		for _, c := range []struct {
			look Look
			want string
		}{
			{Look{Attendance: DidCome}, "Byron Hopper"}, {Look{Attendance: DidNotCome}, "Anning"}, {Look{Attendance: DidCome, Search: "alpha"}, "Hopper"},
			{Look{Attendance: DidNotCome, PlaceID: d.event.Places[0].ID}, ""}, {Look{Attendance: DidNotCome, Status: Cancelled}, ""},
			{Look{Attendance: "nonsense", Status: Confirmed}, "Anning Byron Hopper"},
		} {
			if got := d.names(c.look); got != c.want {
				t.Errorf("%+v finds %s, want %s", c.look, got, c.want)
			}
			if got := d.exported(c.look); len(got)-1 != len(strings.Fields(c.want)) {
				t.Errorf("%+v exports %v", c.look, got)
			}
		}
		f, list, err := d.Attendees(ctx, d.event, Look{Status: Confirmed})
		must(t, err)
		rows := newListPage(d.event, Look{}, f, list).Rows
		if rows[0].Came != "" || rows[1].Came != "12 Mar 2099, 9:02am" || rows[2].Came != "12 Mar 2099, 10:02am" {
			t.Errorf("the list says %q, %q and %q", rows[0].Came, rows[1].Came, rows[2].Came)
		}
		header, last := d.exported(Look{Attendance: DidCome})[0], map[string]string{}
		for _, row := range d.exported(Look{})[1:] {
			last[row[5]] = strings.Join(row[14:16], " to ")
		}
		if header[13] != "Cancelled" || header[14] != "Came" || header[15] != "Left" || last["Byron"] != "2099-03-12 09:02 to 2099-03-12 16:02" ||
			last["Hopper"] != "2099-03-12 10:02 to " || last["Anning"] != " to " || last["Franklin"] != " to " {
			t.Errorf("exported is %q: %q", header, last)
		}
		visits, err := d.store.visits(ctx, hopper.ID)
		must(t, err)
		page := newAttendeePage(attendeeParts{event: d.event, g: hopper, now: d.clock.Now(), visits: visits})
		if want := "12 Mar 2099, 10:02am to 11:02am: Ward round|12 Mar 2099, 12:02pm: Ward round"; strings.Join(page.Visits, "|") != want {
			t.Errorf("their page says %q", page.Visits)
		}
	})
}

// exported are the rows of a file for a look, with its header.
func (d *desk) exported(l Look) [][]string {
	d.t.Helper()
	var file bytes.Buffer
	f := newCSV(d.event, &file)
	must(d.t, f.header())
	must(d.t, d.export(d.t.Context(), d.event, l, f.row))
	must(d.t, f.Flush())
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.String(), "\ufeff"))).ReadAll()
	must(d.t, err)
	return rows
}
