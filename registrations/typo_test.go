package registrations

import "testing"

func TestASlipOfTheFingerInADomainIsNoticed(t *testing.T) {
	for typed, want := range map[string]string{
		"a@gmial.com": "a@gmail.com", "a@gmail.con": "a@gmail.com", "a@nhs.ney": "a@nhs.net", "a@nhs.met": "a@nhs.net", "a@nhs.ent": "a@nhs.net",
		"a@hotnail.com": "a@hotmail.com", "a@outlok.com": "a@outlook.com", "a@nsh.net": "a@nhs.net", "a@hotmal.con": "a@hotmail.com",
		"a@nhs.net": "", "a@example.com": "", "a@trust.nhs.uk": "", "a@uni.ac.uk": "", "a@hotmail.co.uk": "", "a@mail.com": "a@gmail.com", "a@nhs.uk": "",
	} {
		if got := meant(typed); got != want {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}
