package seats

import (
	"strings"
	"testing"
	"time"

	"masterclass/internal/secret"
)

func testKeys(t *testing.T, letter string) *secret.Keys {
	t.Helper()
	k, err := secret.New([]byte(strings.Repeat(letter, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAClaimComesBackAsItWasSigned(t *testing.T) {
	k := testKeys(t, "a")
	c := NewClaim("event")
	for name, c := range map[string]Claim{
		"a fresh one":       c,
		"one with a seat":   {ID: c.ID, EventID: "event", PlaceID: "place", Began: time.UnixMilli(1_800_000_000_000), Deadline: time.UnixMilli(1_800_000_900_000)},
		"one without Redis": {ID: c.ID, EventID: "event", PlaceID: "place", Began: time.UnixMilli(1_800_000_000_000)},
	} {
		got, ok := ReadClaim(k, c.Sign(k), "event")
		if !ok || got != c {
			t.Errorf("%s came back as %+v, %v", name, got, ok)
		}
	}
}

func TestAClaimOfElsewhereIsWorthNothing(t *testing.T) {
	k := testKeys(t, "a")
	signed := NewClaim("event").Sign(k)
	for name, try := range map[string]struct {
		keys   *secret.Keys
		signed string
		event  string
	}{
		"forged":            {k, signed[:len(signed)-2] + "AA", "event"},
		"of another secret": {testKeys(t, "b"), signed, "event"},
		"for another event": {k, signed, "other"},
		"empty":             {k, "", "event"},
		"of another use":    {k, k.Sign("token", "x|event||0|0"), "event"},
		"with a bad id":     {k, k.Sign(claimPurpose, "x|event||0|0"), "event"},
		"with a bad number": {k, k.Sign(claimPurpose, NewClaim("event").ID+"|event||x|0"), "event"},
	} {
		if c, ok := ReadClaim(try.keys, try.signed, try.event); ok {
			t.Errorf("a claim %s was taken: %+v", name, c)
		}
	}
}

func TestAClaimPromisesOnePlaceForItsTime(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	c := Claim{PlaceID: "place", Deadline: now}
	if !c.For("place", now.Add(-time.Millisecond)) || c.For("place", now) || c.For("other", now.Add(-time.Hour)) {
		t.Error("the promise is for the place until the deadline, and no more")
	}
}
