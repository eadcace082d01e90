package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	rushTimeout  = 30 * time.Second // of one request, its body included
	maxRushReply = 4 << 20          // bytes that are read of an answer
)

// rushClient speaks to the server as browsers and programs do. Safe for concurrent use.
type rushClient struct {
	http *http.Client
	base string // such as http://localhost:8080
	slug string // escaped
}

func newRushClient(base, slug string, concurrency int) *rushClient {
	// No proxy: the rehearsal is of the server, and of nothing on the way.
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		MaxIdleConns:        concurrency,
		MaxIdleConnsPerHost: concurrency,
		IdleConnTimeout:     time.Minute,
	}
	return &rushClient{base: base, slug: url.PathEscape(slug), http: &http.Client{
		Transport: transport, Timeout: rushTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (c *rushClient) close() { c.http.CloseIdleConnections() }

// do sends one request, copies the body of the answer to into and gives the status.
func (c *rushClient) do(method, path string, body []byte, into io.Writer) (status int, err error) {
	// Whoever has begun may finish, within the client's timeout: what is cut off half-way has an outcome that nobody knows.
	req, err := http.NewRequest(method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("User-Agent", "masterclass-rush")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	_, err = io.Copy(into, io.LimitReader(res.Body, maxRushReply))
	return res.StatusCode, err
}

// page loads the event's page and throws it away.
func (c *rushClient) page() (int, error) {
	return c.do(http.MethodGet, "/events/"+c.slug, nil, io.Discard)
}

// rushAnswer is what the server says to a registration: a status, or the code of an error.
type rushAnswer struct {
	Reference string `json:"reference"`
	Status    string `json:"status"`
	ManageURL string `json:"manage_url"`
	Error     struct {
		Code string `json:"code"`
	} `json:"error"`
}

// register posts one person's form.
func (c *rushClient) register(form map[string]any) (int, rushAnswer, error) {
	var a rushAnswer
	body, err := json.Marshal(form)
	if err != nil {
		return 0, a, err
	}
	var text bytes.Buffer
	status, err := c.do(http.MethodPost, "/api/v1/events/"+c.slug+"/registrations", body, &text)
	if err != nil {
		return 0, a, err
	}
	if err := json.Unmarshal(text.Bytes(), &a); err != nil {
		a = rushAnswer{} // not ours, such as the page of a proxy: the status says enough
	}
	return status, a, nil
}

// manage reads a registration's own page. The link's host is the public one of the settings, so that only its path is used.
func (c *rushClient) manage(link string) (int, string, error) {
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return 0, "", errors.New("the link cannot be followed")
	}
	var text strings.Builder
	status, err := c.do(http.MethodGet, u.EscapedPath(), nil, &text)
	return status, text.String(), err
}

// rushPlace is what the server tells of a place.
type rushPlace struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Capacity int    `json:"capacity"`
	Left     int    `json:"left"`
	Waiting  int    `json:"waiting"`
}

// rushQuestion is a question of the event's own.
type rushQuestion struct {
	ID       string   `json:"id"`
	Required bool     `json:"required"`
	Options  []string `json:"options"` // none where one writes
	ShownIf  *struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
	} `json:"shown_if"`
}

type rushEvent struct {
	Status       string         `json:"status"`
	Registration string         `json:"registration"`
	Places       []rushPlace    `json:"places"`
	Questions    []rushQuestion `json:"questions"`
}

// answers are what everybody answers: the first of the choices, or a word, to each question that must be answered with the answers before it.
func (e rushEvent) answers() map[string]string {
	a := map[string]string{}
	for _, q := range e.Questions {
		if !q.Required || (q.ShownIf != nil && a[q.ShownIf.Question] != q.ShownIf.Answer) {
			continue
		}
		a[q.ID] = "Rehearsal"
		if len(q.Options) > 0 {
			a[q.ID] = q.Options[0]
		}
	}
	return a
}

func (c *rushClient) event() (rushEvent, error) {
	var e rushEvent
	var text bytes.Buffer
	status, err := c.do(http.MethodGet, "/api/v1/events/"+c.slug, nil, &text)
	switch {
	case err != nil:
		return e, fmt.Errorf("the server does not answer: %w", err)
	case status == http.StatusNotFound:
		return e, fmt.Errorf("%s has no event with the slug %s", c.base, c.slug)
	case status != http.StatusOK:
		return e, fmt.Errorf("%s answers %d when it is asked for the event %s", c.base, status, c.slug)
	}
	if err := json.Unmarshal(text.Bytes(), &e); err != nil {
		return e, fmt.Errorf("%s does not answer as masterclass does: %w", c.base, err)
	}
	return e, nil
}

// open finds the event, which must take registrations, and its place with a name or id, or the first.
func (c *rushClient) open(name string) (rushEvent, rushPlace, error) {
	e, err := c.event()
	if err != nil {
		return e, rushPlace{}, err
	}
	if e.Status != "published" || (e.Registration != "open" && e.Registration != "waiting_list") {
		return e, rushPlace{}, fmt.Errorf("the event %s takes no registrations now: it is %s, and its registration is %s", c.slug, e.Status, e.Registration)
	}
	place, err := e.place(name)
	return e, place, err
}

func (e rushEvent) place(name string) (rushPlace, error) {
	names := make([]string, 0, len(e.Places))
	for _, p := range e.Places {
		if name == "" || name == p.ID || strings.EqualFold(name, p.Name) {
			return p, nil
		}
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return rushPlace{}, errors.New("the event has no places")
	}
	slices.Sort(names)
	return rushPlace{}, fmt.Errorf("the event has no place called %q; it has %s", name, strings.Join(names, ", "))
}
