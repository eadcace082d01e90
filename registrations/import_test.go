package registrations

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
)

func importEvent() *events.Event {
	return &events.Event{ID: "e", Places: []events.Place{{ID: "p", Name: "In person"}, {ID: "o", Name: "Online", Online: true}}}
}

func TestAFileIsReadAsPeopleSaveIt(t *testing.T) {
	const row = "Zoë,O'Brien,zoe@example.com,Nurse,Example trust"
	for name, raw := range map[string]string{
		"commas":                "First name,Last name,Email,Profession,Employer\r\n" + row + "\r\n",
		"semicolons":            "Forename;Surname;E-mail;Profession;Organisation\n" + strings.ReplaceAll(row, ",", ";"),
		"tabs":                  "first_name\tlast_name\temail address\tProfession\tTrust\n" + strings.ReplaceAll(row, ",", "\t"),
		"a byte order mark":     "\xef\xbb\xbfFirst name,Last name,Email,Profession,Employer\n" + row,
		"Windows' letters":      "First name,Last name,Email,Profession,Employer\nZo\xeb,O'Brien,zoe@example.com,Nurse,Example trust",
		"empty lines":           "First name,Last name,Email,Profession,Employer\n\n,,,,\n" + row + "\n\n",
		"quotes and line ends":  "First name,Last name,Email,Profession,Employer\n\"Zoë\",\"O'Brien\",\" zoe@example.com \",Nurse,\"Example trust\"",
		"another order, more":   "Dietary,Email,Employer,Profession,Last name,First name\nvegan,zoe@example.com,Example trust,Nurse,O'Brien,Zoë",
		"the place by its name": "First name,Last name,Email,Profession,Employer,Place\n" + row + ",in PERSON",
	} {
		rows, _, err := readImport([]byte(raw), importEvent(), "p")
		if err != nil || len(rows) != 1 || len(rows[0].Wrong) > 0 {
			t.Errorf("%s: %v, %+v", name, err, rows)
			continue
		}
		if p := rows[0].Person; p.FirstName != "Zoë" || p.LastName != "O'Brien" || p.Mailbox != "zoe@example.com" || p.Employer != "Example trust" || rows[0].Place.ID != "p" {
			t.Errorf("%s is read as %+v at %s", name, p, rows[0].Place.ID)
		}
	}
}

func TestAFileThatCannotBeUsedIsRefusedWithASentence(t *testing.T) {
	many := strings.Repeat("A,B,a@example.com,Nurse,Trust\n", maxImport+1)
	for name, raw := range map[string]string{
		"nothing": "", "a heading alone": "First name,Last name,Email\n", "no columns": "Zoë,O'Brien,zoe@example.com\n", "a spreadsheet": "PK\x03\x04 and so on",
		"bytes": "First name,Last name,Email\n\x00\x01", "too many": "First name,Last name,Email,Profession,Employer\n" + many, "one long line": strings.Repeat("x", 1<<20),
	} {
		if rows, _, err := readImport([]byte(raw), importEvent(), "p"); !fault.Is(err, fault.Invalid) || rows != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPreviewSaysWhatWillBecomeOfEachLine(t *testing.T) {
	rows, head, err := readImport([]byte(`First name,Last name,Email,Profession,Employer,Place,Dietary
A,One,one@example.com,Nurse,Trust,,none
B,Two,ONE@example.com,Nurse,Trust,,
C,Three,three@example.com,Nurse,Trust,,
D,Four,four@example.com,Nurse,Trust,,
E,Five,not an address,Nurse,Trust,,
F,Six,six@example.com,Nurse,Trust,Nowhere,
G,Seven,seven@example.com,Nurse,Trust,Online,
`), importEvent(), "p")
	must(t, err)
	has := map[standing]bool{{mailbox: "three@example.com"}: true}
	foresee(rows, has, map[string]events.Availability{"p": {Left: 1}, "o": {Left: 5}}, false)
	want := []importFate{willRegister, isTwice, isAlready, isFull, isWrong, isWrong, willRegister}
	for i, r := range rows {
		if r.Fate != want[i] || r.Line != i+2 {
			t.Errorf("line %d: %s, not %s", r.Line, r.Fate, want[i])
		}
	}
	if got := rows[5].Wrong[0].Message; got != "There is no place called Nowhere" {
		t.Errorf("of an unknown place it says %q", got)
	}
	if strings.Join(head.ignored, " ") != "Dietary" {
		t.Errorf("not read: %v", head.ignored)
	}
	foresee(rows, has, map[string]events.Availability{"p": {Left: 1}, "o": {Left: 5}}, true)
	if rows[3].Fate != willWait {
		t.Errorf("with the waiting list: %s", rows[3].Fate)
	}
}

func TestAnImportFillsThePlaceOnceHoweverOftenItIsSent(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		var file strings.Builder
		file.WriteString("First name,Last name,Email,Profession,Employer\n")
		for i := range 8 {
			fmt.Fprintf(&file, "Ada,Example,ada%d@example.com,Nurse,Trust\n", i)
		}
		file.WriteString("Bob,Example,wrong,Nurse,Trust\nAda,Again,ADA0@example.com,Nurse,Trust\n")
		rows, _, err := readImport([]byte(file.String()), d.event, d.event.Places[0].ID)
		must(t, err)
		key, by := uuid.New(), access.Entry{Actor: "organiser:kim"}
		for range 2 {
			done, err := d.Import(t.Context(), d.event, rows, key, ImportWay{Wait: true, Confirm: true}, by)
			must(t, err)
			if done.Registered != 5 || done.Waiting != 3 || done.Already != 0 || fmt.Sprint(leftOutFor(done.Failed)) != "[{The email address needs mending line 10} {An earlier line has the same email address line 11}]" {
				t.Fatalf("the import has done %+v", done)
			}
		}
		done, err := d.Import(t.Context(), d.event, rows, uuid.New(), ImportWay{Wait: true, Confirm: true}, by)
		must(t, err)
		if done.Already != 8 || done.Registered+done.Waiting != 0 {
			t.Errorf("another import of the same file has done %+v", done)
		}
		var taken, waiting, mails int
		must(t, d.db.QueryRow("select (select sum(taken) from places), (select sum(waiting) from places), (select count(*) from outbox)").Scan(&taken, &waiting, &mails))
		if taken != 5 || waiting != 3 || mails != 8 {
			t.Errorf("taken %d, waiting %d, %d mails", taken, waiting, mails)
		}
	})
}

func FuzzReadImport(f *testing.F) {
	f.Add([]byte("First name,Last name,Email\nA,B,a@example.com"))
	f.Add([]byte("first_name;last_name;email\n\"A;B;c"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rows, _, err := readImport(raw, importEvent(), "p")
		if _, told := fault.Of(err); err != nil && !told {
			t.Error(err)
		}
		for _, r := range rows {
			if len(r.Wrong) == 0 && r.Person.Mailbox == "" {
				t.Errorf("line %d has no address", r.Line)
			}
		}
	})
}

func TestTheLastSeatsGoToTheFirstLinesOfAFile(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		var file strings.Builder
		file.WriteString("First name,Last name,Email,Profession,Employer\n")
		for i := range 60 {
			fmt.Fprintf(&file, "Ada,Example,ada%d@example.com,Nurse,Trust\n", i/2) // each twice
		}
		rows, _, err := readImport([]byte(file.String()), d.event, d.event.Places[0].ID)
		must(t, err)
		_, err = d.Import(t.Context(), d.event, rows, uuid.New(), ImportWay{}, access.Entry{Actor: "organiser:kim"})
		must(t, err)
		var in []string
		must(t, d.db.NewRaw("select mailbox from registrations where status = 'confirmed' order by mailbox").Scan(t.Context(), &in))
		if strings.Join(in, " ") != "ada0@example.com ada1@example.com ada2@example.com ada3@example.com ada4@example.com" {
			t.Errorf("the seats went to %v", in)
		}
	})
}

func TestAnImportAsksForApprovalUnlessItConfirms(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.requireApproval()
		for confirm, want := range map[bool]Status{true: Confirmed, false: Pending} {
			name := strings.ToLower(string(want))
			rows, _, err := readImport([]byte("First name,Last name,Email,Profession,Employer\nAda,Byron,"+name+"@example.com,Nurse,Trust\n"), d.event, d.event.Places[0].ID)
			must(t, err)
			done, err := d.Import(t.Context(), d.event, rows, uuid.New(), ImportWay{Confirm: confirm}, kim)
			must(t, err)
			list, err := d.store.OfMailbox(t.Context(), name+"@example.com")
			must(t, err)
			if done.Registered != 1 || len(list) != 1 || list[0].Status != want {
				t.Errorf("confirm %t: %+v, %+v", confirm, done, list)
			}
		}
		d.sound("after two imports")
	})
}
