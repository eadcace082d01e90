package organisers

import (
	"context"
	"slices"
	"strings"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/seen"
)

// invitationLife is how long an invitation by mail is good: over a weekend.
const invitationLife = 72 * time.Hour

// What a person can do something about.
var (
	ErrNoMember   = fault.New(fault.NotFound, "We could not find that member of the team.")
	ErrLastOwner  = fault.New(fault.Conflict, "The site needs an owner who can sign in. Make somebody else an owner first.")
	ErrOwnAccount = fault.New(fault.Conflict, "You cannot do this to your own account. Ask another owner.")
	errHasJoined  = fault.New(fault.Conflict, "They have chosen a password already. If they have forgotten it, they can ask for a new one on the sign-in page.")
)

// Member is an organiser as the team's page shows them.
type Member struct {
	Organiser
	Seen       time.Time // zero for never
	SecondStep bool
	Invited    bool     // has not chosen a password yet
	Events     []string // the ids of the events that a steward is assigned to
	closed     bool
}

// Team are the accounts that are not closed, by name.
func (o *Organisers) Team(ctx context.Context) ([]Member, error) { return o.records.team(ctx) }

// Member is one of the team with their events, or ErrNoMember.
func (o *Organisers) Member(ctx context.Context, id string) (Member, error) {
	return o.records.member(ctx, id)
}

// Named are the names of all accounts that ever were, by id.
func (o *Organisers) Named(ctx context.Context) ([]Organiser, error) { return o.records.everybody(ctx) }

// Invite adds somebody to the team, or takes back somebody who was removed, and mails them a link for choosing a password, good once and
// for three days. A fault names the field that is wrong; one who is in the team already is such a fault.
func (o *Organisers) Invite(ctx context.Context, email, name string, role access.Role, inviter string, by access.Entry) error {
	account, err := newOrganiser(email, name, role)
	if err != nil {
		return err
	}
	link, err := o.newLink(kindInvitation, invitationLife)
	if err != nil {
		return err
	}
	return o.records.invite(ctx, account, link, inviter, by, o.now())
}

// InviteAgain mails a new link, in place of the last, to somebody who has not chosen a password yet.
func (o *Organisers) InviteAgain(ctx context.Context, id, inviter string, by access.Entry) error {
	link, err := o.newLink(kindInvitation, invitationLife)
	if err != nil {
		return err
	}
	return o.records.inviteAgain(ctx, id, link, inviter, by, o.now())
}

// Change is what an owner decides of a member. Events are those to help at, of the Offered ones; assignments to others stay as they are.
type Change struct {
	Name            string
	Role            access.Role
	Events, Offered []string

	was access.Role // that the form has shown; another one by now ends the change
}

// asIs is the change of a member that changes nothing.
func (m Member) asIs() Change { return Change{Name: m.Name, Role: m.Role, Events: m.Events} }

// values are what two owners can change at the same time, in the order of teamFields.
func (c Change) values() []string {
	return []string{c.Name, string(c.Role), strings.Join(slices.Sorted(slices.Values(c.Events)), " ")}
}

// teamFields are the names of the values' fields, and what is said where both have changed one.
var teamFields = []fault.Field{{Name: "name", Message: "Somebody else has changed the name meanwhile. Choose again"},
	{Name: "role", Message: "Somebody else has changed the role meanwhile. Choose again"}, {Name: "events", Message: "Somebody else has changed the events meanwhile. Choose again"}}

// meanwhile is the change on what another owner has done since the form was made from the marks: what the form left alone stays as it is now, and
// what both have changed is asked again. A form without marks counts as it is.
func (c Change) meanwhile(marks string, now Change) (Change, error) {
	if marks == "" {
		return c, nil
	}
	var wrong []fault.Field
	for _, clash := range seen.Clashes(marks, c.values(), now.values()) {
		switch {
		case !clash.Taken:
			wrong = append(wrong, teamFields[clash.At])
		case clash.At == 0:
			c.Name = now.Name
		case clash.At == 1:
			c.Role = now.Role
		default:
			c.Events = now.Events
		}
	}
	if len(wrong) > 0 {
		return c, fault.InvalidFields(wrong)
	}
	c.was = now.Role
	return c, nil
}

// ErrMemberChanged is for an account that somebody else changes at the very moment.
var ErrMemberChanged = fault.New(fault.Conflict, "Somebody else has changed this account at the same moment. Look at it again, and save again.")

// ChangeMember gives a member another name, role or events. Another role ends their sign-ins. It is ErrOwnAccount for one's own role, and
// ErrLastOwner when no owner who can sign in would be left.
func (o *Organisers) ChangeMember(ctx context.Context, id string, c Change, by access.Entry) error {
	c.Name = oneLine(c.Name)
	if err := checkPerson(c.Name, c.Role); err != nil {
		return err
	}
	for _, event := range c.Events {
		if !slices.Contains(c.Offered, event) {
			return invalid("events", "Choose events from the list")
		}
	}
	return o.records.changeMember(ctx, id, c, by, o.now())
}

// ChangeAddress corrects a member's email address. Their sign-ins and the links in their mailbox end, and both addresses hear of it; who has not
// chosen a password yet is invited at the new one. A fault with the field "email" if it is no good or another account's, and ErrOwnAccount for
// one's own.
func (o *Organisers) ChangeAddress(ctx context.Context, id, email, inviter string, by access.Entry) error {
	mailbox, ok := mailboxOf(email)
	if !ok {
		return invalid("email", badAddress)
	}
	if isOwn(id, by) {
		return ErrOwnAccount
	}
	link, err := o.newLink(kindInvitation, invitationLife)
	if err != nil {
		return err
	}
	return o.records.changeAddress(ctx, id, strings.TrimSpace(email), mailbox, link, inviter, by, o.now())
}

// EndSignInsOf ends every sign-in of a member, such as those in a computer that was lost. It is ErrOwnAccount for one's own, which has a page for it.
func (o *Organisers) EndSignInsOf(ctx context.Context, id string, by access.Entry) error {
	if isOwn(id, by) {
		return ErrOwnAccount
	}
	return o.records.endAll(ctx, id, by, o.now())
}

// Remove closes a member's account: their sign-ins end, and their name stays in the audit trail. ErrOwnAccount and ErrLastOwner as of
// ChangeMember.
func (o *Organisers) Remove(ctx context.Context, id string, by access.Entry) error {
	return o.records.closeAccount(ctx, id, by, o.now())
}

// TakeSecondStep turns off a member's second step, for somebody who has lost their phone and their recovery codes.
func (o *Organisers) TakeSecondStep(ctx context.Context, id string, by access.Entry) error {
	if isOwn(id, by) {
		return ErrOwnAccount
	}
	return o.records.dropSecondStep(ctx, id, by, "", o.now())
}

func isOwn(id string, by access.Entry) bool { return by.Actor == "organiser:"+id }
