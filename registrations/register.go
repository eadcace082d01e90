package registrations

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/crash"
	"masterclass/internal/fault"
	"masterclass/internal/gather"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

// hourlyMails is how many mails public forms cause to one mailbox in an hour at most.
const hourlyMails = 5

// ErrTooMuchMail asks whoever sends mail to one mailbox again and again to wait.
var ErrTooMuchMail = fault.New(fault.TooMany,
	"We have sent several emails to this address in the last hour, so nothing was done this time. Please wait an hour, then try again.").After(time.Hour)

// Registrar registers people, and changes and cancels registrations. Safe for concurrent use.
type Registrar struct {
	db      *store.DB
	store   *Store
	events  *events.Store
	seats   *seats.Seats
	ledger  *seats.Ledger
	outbox  *notify.Outbox
	trail   *access.Trail
	keys    *secret.Keys
	commits *gather.Batches[string, *ticket]
	counts  counts
	rolls   rolls
	offer   time.Duration
	now     func() time.Time
	log     *slog.Logger

	elsewhere Elsewhere
}

// Parts are what a Registrar works with.
type Parts struct {
	DB     *store.DB
	Store  *Store
	Events *events.Store
	Seats  *seats.Seats
	Ledger *seats.Ledger
	Outbox *notify.Outbox
	Trail  *access.Trail
	Keys   *secret.Keys
	Offer  time.Duration // how long a waiting person has to accept a seat
	Now    func() time.Time
	Log    *slog.Logger

	Elsewhere Elsewhere // where addresses are kept besides; nil for nowhere
}

// NewRegistrar puts the parts together; Close ends what it began.
func NewRegistrar(p Parts) *Registrar {
	r := &Registrar{db: p.DB, store: p.Store, events: p.Events, seats: p.Seats, ledger: p.Ledger, outbox: p.Outbox,
		trail: p.Trail, keys: p.Keys, offer: p.Offer, now: p.Now, log: p.Log, elsewhere: p.Elsewhere}
	r.commits = gather.New(groupMax, r.commit)
	return r
}

// Close ends the commits on their way; whoever comes after it is told to come back.
func (r *Registrar) Close() { r.commits.Close(closeTime) }

// errTooLate is for whoever was about to be registered when the program stood still for longer than their seat was kept.
var errTooLate = fault.New(fault.Unavailable, "This took so long that your place may have been given to somebody else. Nothing was registered; please try again.").After(time.Second)

// closeTime is for the transaction on its way when the program stops.
const closeTime = time.Second

// errClosing is for whoever comes while the program stops.
var errClosing = fault.New(fault.Unavailable, "The service is restarting. Nothing was registered; please try again in a moment.").After(5 * time.Second)

// key is an Idempotency-Key and the body that it came with, both hashed.
type key struct{ hash, body string }

// Ask is a person's wish to register.
type Ask struct {
	Event     *events.Event
	Place     events.Place
	Person    Person
	Needs     Needs
	Answers   Answers     // to the event's own questions, checked
	Claim     seats.Claim // of the form; a fresh one for JSON
	Returning bool        // the claim came back in a form, so its id may be registered already
	Confirm   bool        // approved at once, on an event that asks for approval: only organisers say so
	Wait      bool        // join the waiting list if there is no seat
	Key       *key
	RequestID string

	By access.Entry // the organiser who registers somebody; empty for people themselves
}

// desk says that an organiser registers somebody: by hand they can do so before registration opens and after it closes, and write down who came
// to an event that is over.
func (a Ask) desk() bool { return a.By.Actor != "" }

// entry begins the audit entry of a registration.
func (a Ask) entry() access.Entry {
	if a.desk() {
		return a.By
	}
	return access.Entry{Actor: string(Attendee), RequestID: a.RequestID}
}

// refuses says whether an event takes no registrations of this kind now.
func (a Ask) refuses(now time.Time) bool {
	if a.desk() {
		return a.Event.Status != events.Published
	}
	return a.Event.Registration(now) != events.Open
}

func (a Ask) ref() seats.Ref { return seats.Ref{EventID: a.Event.ID, PlaceID: a.Place.ID} }

// Register gives the person a seat, or a position on the waiting list if they asked for it. Asking again with the same claim or key
// gives the same registration. Errors for people: ErrFull, ErrAlready, ErrClosed, ErrReused, ErrTooMuchMail.
func (r *Registrar) Register(ctx context.Context, a Ask) (*Registration, error) {
	if done, err := r.before(ctx, a); done != nil || err != nil {
		return done, err
	}
	if a.refuses(r.now()) {
		return nil, ErrClosed
	}
	adm, began, err := r.admit(a)
	if errors.Is(err, ErrFull) { // perhaps taken by another request with the same key or claim, a moment ago
		if done, berr := r.before(ctx, a); done != nil || berr != nil {
			return done, berr
		}
	}
	if err != nil {
		return nil, err
	}
	g, fresh, err := r.confirm(ctx, a, adm, began)
	if _, told := fault.Of(err); adm.held && !fresh && (err == nil || told || !adm.promised) { // after an outage a promise still stands
		// Detached: the request may be what was cancelled, and the seat should not wait for the hold to lapse.
		r.release(context.WithoutCancel(ctx), a.ref(), a.Claim.ID)
	}
	return g, err
}

// release ends a hold that no registration will use.
func (r *Registrar) release(ctx context.Context, ref seats.Ref, id string) {
	if err := r.seats.Release(ctx, ref, id); err != nil {
		r.log.Warn("a hold stays until it lapses", "place", ref.PlaceID, "error", err)
	}
}

// before finds what an earlier request with the same key or claim has made.
func (r *Registrar) before(ctx context.Context, a Ask) (*Registration, error) {
	if a.Key != nil {
		g, err := r.store.byKey(ctx, a.Event.ID, *a.Key, r.now())
		if !errors.Is(err, errNoKey) {
			return again(g, err)
		}
	}
	if !a.Returning && a.Key == nil {
		return nil, nil
	}
	g, err := r.store.ByID(ctx, a.Claim.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return again(g, err)
}

// again answers whoever asks for a registration that is there already. One that went to another mailbox since is not theirs any more.
func again(g *Registration, err error) (*Registration, error) {
	if err == nil && g.Generation != 0 {
		return nil, ErrPassedOn
	}
	return g, err
}

// admit asks Redis for a seat. Whoever is refused there, holds no promise and does not want to wait never reaches the database.
func (r *Registrar) admit(a Ask) (admission, time.Time, error) {
	now := r.now()
	adm := admission{promised: a.Claim.For(a.Place.ID, now), at: time.Now()}
	began := now
	if a.Event.Past(now) { // nobody competes for its seats
		adm.alone = true
		return adm, began, nil
	}
	var h seats.Hold
	if a.desk() && a.Event.ListRests(now) {
		h = r.seats.HoldPastList(a.ref(), a.Claim.ID)
	} else {
		h = r.seats.HoldForCommit(a.ref(), a.Claim.ID, !a.Returning && a.Key == nil)
	}
	adm.promised = adm.promised && !h.GivenUp
	switch h.Outcome {
	case seats.Held:
		crash.At(crash.AfterHold)
		adm.held = true
		if a.Claim.PlaceID == a.Place.ID && h.Deadline.Equal(a.Claim.Deadline) {
			began = a.Claim.Began // the very hold of the claim, maybe in the seconds after its promise
		}
	case seats.Unknown:
		adm.alone = true
	default:
		if !adm.promised && !a.Wait {
			return adm, began, ErrFull
		}
	}
	if adm.promised {
		began = a.Claim.Began
	}
	return adm, began, nil
}

// confirm commits, brings Redis in step and wakes the mail. A commit whose answer was lost is read back by its id.
func (r *Registrar) confirm(ctx context.Context, a Ask, adm admission, began time.Time) (g *Registration, fresh bool, err error) {
	sealed, err := a.sealed(r.keys)
	if err != nil {
		return nil, false, err
	}
	t := &ticket{order: order{Ask: a, adm: adm, began: began, sealed: sealed}}
	if err := r.commits.Do(a.Event.ID, t); err != nil {
		return nil, false, errClosing.Because(err)
	}
	if _, refused := fault.Of(t.err); t.err != nil && !refused {
		if back, berr := r.store.ByID(context.WithoutCancel(ctx), a.Claim.ID); berr == nil {
			t.g, t.fresh, t.err = back, true, nil
		}
	}
	if t.err != nil {
		return nil, false, t.err
	}
	if t.rounds != nil {
		t.rounds.Wait(ctx)
	} else { // read back
		r.applied(ctx, a.ref())
	}
	crash.At(crash.AfterApply)
	r.outbox.Wake()
	return t.g, t.fresh, nil
}

func (a Ask) sealed(k *secret.Keys) ([]byte, error) {
	if a.Needs.Empty() {
		return nil, nil
	}
	return a.Needs.seal(k, a.Claim.ID)
}

func (r *Registrar) mayMail(ctx context.Context, mailbox string) error {
	n, err := r.outbox.PublicCount(ctx, mailbox, r.now().Add(-time.Hour))
	if err != nil {
		return err
	}
	if n >= hourlyMails {
		return ErrTooMuchMail
	}
	return nil
}

// applied brings Redis in step after a commit, and forgets what was made of registrations.
func (r *Registrar) applied(ctx context.Context, refs ...seats.Ref) {
	r.Changed()
	r.seats.Applied(ctx, refs...)
}
