package organisers

import (
	"testing"

	"masterclass/internal/access"
	"masterclass/internal/store/storetest"
)

func TestADeviceIsKnownForAYearAndToItsOwnAccount(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	kept := b.o.newDevice(access.Principal{Email: "Ada@example.org"})
	if name := b.o.device("ada@example.org", kept); name == "" || name != b.o.device("ada@example.org", kept) {
		t.Errorf("it is called %q", name)
	}
	if b.o.device("bob@example.org", kept) != "" || b.o.device("ada@example.org", kept+"x") != "" || b.o.device("", kept) != "" {
		t.Error("another account's, or a forged one, is known")
	}
	b.clock.Add(deviceLife)
	if b.o.device("ada@example.org", kept) != "" {
		t.Error("it is known for longer than a browser keeps it")
	}
}
