package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

const slug = "torture"

const (
	answerTime = 20 * time.Second      // how long a person waits for an answer
	hasteMax   = 30 * time.Millisecond // how long one who does not wait waits
	hasteOdds  = 0.06                  // how many do not: their request may be served, and its answer is lost
)

// client speaks to the instances of a rig as browsers and programs do. Safe for concurrent use.
type client struct {
	http      *http.Client
	instances []*instance
}

func newClient(instances []*instance) *client {
	return &client{instances: instances, http: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 128},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// request is what a person sends, and may send again.
type request struct {
	method, path string
	header       http.Header
	body         []byte
}

func page(path string) request { return request{method: http.MethodGet, path: path} }

func form(path string, fields url.Values) request {
	return request{method: http.MethodPost, path: path, body: []byte(fields.Encode()),
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}}
}

func call(key string, fields map[string]any) request {
	body, _ := json.Marshal(fields) // texts and booleans always marshal
	return request{method: http.MethodPost, path: "/api/v1/events/" + slug + "/registrations", body: body,
		header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {key}}}
}

// reply is a whole answer.
type reply struct {
	status   int
	location string
	body     string
	answered time.Time
}

var errNobodyThere = errors.New("no server is up")

// send asks one of the servers, at random.
func (c *client) send(ctx context.Context, rng *rand.Rand, r request) (reply, error) {
	i := c.instances[rng.IntN(len(c.instances))]
	base := i.address()
	if base == "" {
		return reply{}, errNobodyThere
	}
	wait := answerTime
	if rng.Float64() < hasteOdds {
		wait = time.Duration(1 + rng.Int64N(int64(hasteMax)))
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return reply{}, err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return reply{}, err
	}
	return reply{status: res.StatusCode, location: res.Header.Get("Location"), body: string(body), answered: i.answered(base)}, nil
}
