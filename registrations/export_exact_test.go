package registrations

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"
	"sync"
	"testing"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// What an export says of everybody who was there when it began is what stands in SQL, cell by cell, also while a crowd registers.
func TestAnExportBesideACrowdIsExact(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const there, coming = 2_500, 300
		d := newDesk(t, db, storetest.EmbeddedRedis(t), 1<<40)
		d.fill(there)
		stop, enough := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for c := range 8 {
			all.Go(func() {
				for n := c; n < coming && stop.Err() == nil; n += 8 {
					if _, err := d.Register(context.Background(), d.ask(n+1)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		var file bytes.Buffer
		f := newCSV(d.event, &file)
		must(t, f.header())
		must(t, d.export(t.Context(), d.event, Look{}, f.row))
		must(t, f.Flush())
		enough()
		all.Wait()

		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.String(), "\ufeff"))).ReadAll()
		must(t, err)
		at := map[string]int{}
		for i, name := range rows[0] {
			at[name] = i
		}
		said := map[string]string{}
		for _, row := range rows[1:] {
			var cells []string
			for _, name := range []string{"Status", "Title", "First name", "Last name", "Email address", "Profession", "Job role", "Employer", "Professional registration number"} {
				cells = append(cells, row[at[name]])
			}
			if _, twice := said[row[at["Reference"]]]; twice {
				t.Errorf("%s is there twice", row[at["Reference"]])
			}
			said[row[at["Reference"]]] = strings.Join(cells, "|")
		}
		stored, err := d.db.DB.Query("select reference, status, title, first_name, last_name, email, profession, job_role, employer, regulator_number from registrations where reference like 'REF-%'")
		must(t, err)
		defer stored.Close()
		n := 0
		for ; stored.Next(); n++ {
			var ref string
			var status Status
			var cells [8]string
			must(t, stored.Scan(&ref, &status, &cells[0], &cells[1], &cells[2], &cells[3], &cells[4], &cells[5], &cells[6], &cells[7]))
			if want := status.Words() + "|" + strings.Join(cells[:], "|"); said[ref] != want {
				t.Fatalf("of %s it says %q, not %q", ref, said[ref], want)
			}
		}
		must(t, stored.Err())
		if n != there || len(said) < there {
			t.Errorf("%d were there, and it names %d", n, len(said))
		}
	})
}
