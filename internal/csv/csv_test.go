package csv

import (
	"bytes"
	"encoding/csv"
	"errors"
	"testing"
)

func TestNoSpreadsheetTakesACellForAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"Ada":                    "Ada",
		"O'Brien-Smith":          "O'Brien-Smith",
		"a+b=c":                  "a+b=c",
		"=cmd|' /C calc'!A0":     "'=cmd|' /C calc'!A0",
		"+44 1234":               "'+44 1234",
		"-1":                     "'-1",
		"@SUM(A1)":               "'@SUM(A1)",
		"\t=1":                   "'\t'=1",
		"\r=1":                   "'\r=1",
		"x;=1;y":                 "x;'=1;y",
		`x;"=1"`:                 `x;"'=1"`,
		"x\t@a":                  "x\t'@a",
		"two lines\n=1":          "two lines\n'=1",
		"\uff1d1":                "'\uff1d1",
		"Zoë; Ünal":              "Zoë; Ünal",
		"ends with a semicolon;": "ends with a semicolon;",
	} {
		if got := Harmless(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}

func TestARowIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"Name", "Note"}, {`Ada "the first"`, "one, two\r\nthree"}, {"", "a;b"}, {"Zoë", "\ttab"}}
	var file bytes.Buffer
	w := NewWriter(&file)
	for _, row := range rows {
		if err := w.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	text, ok := bytes.CutPrefix(file.Bytes(), []byte(BOM))
	if !ok {
		t.Fatal("there is no byte order mark")
	}
	got, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{rows[0], {rows[1][0], "one, two\nthree"}, rows[2], {"Zoë", "'\ttab"}} // the reader makes \r\n of a cell \n
	for i := range want {
		for j := range want[i] {
			if got[i][j] != want[i][j] {
				t.Errorf("row %d, cell %d is %q, not %q", i, j, got[i][j], want[i][j])
			}
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFileThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	w := NewWriter(broken{})
	w.Cell("x")
	if err := w.Flush(); err == nil {
		t.Error("nobody hears of it")
	}
}
