package main

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"masterclass/notify"
	"masterclass/registrations"
	"masterclass/registrations/seats"
)

// metrics are what Prometheus asks for. They name routes and never paths: paths hold people's secret links.
type metrics struct {
	*prometheus.Registry
	requests *prometheus.HistogramVec
}

// gauged is how long a gauge that asks the database may take.
const gauged = 2 * time.Second

func newMetrics(version string, s *seats.Seats, r *registrations.Registrar, o *notify.Outbox, w *notify.Worker) *metrics {
	m := &metrics{Registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "masterclass_http_request_duration_seconds", Help: "Requests, by route.",
		Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
	}, []string{"method", "route", "status"})}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "masterclass_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.MustRegister(m.requests, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collected{seats: s, registrar: r, outbox: o, worker: w})
	return m
}

// observe counts a request that was answered.
func (m *metrics) observe(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// text is everything in the text format, with its content type.
func (m *metrics) text() ([]byte, string, error) {
	families, err := m.Gather()
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	e := expfmt.NewEncoder(&b, format)
	for _, f := range families {
		if err := e.Encode(f); err != nil {
			return nil, "", err
		}
	}
	return b.Bytes(), string(format), nil
}

// collected are the numbers that the rooms keep themselves.
type collected struct {
	seats     *seats.Seats
	registrar *registrations.Registrar
	outbox    *notify.Outbox
	worker    *notify.Worker
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("masterclass_"+name, help, labels, nil)
}

var (
	holdsDesc      = describe("holds_total", "Asking for a seat to be held, by outcome.", "outcome")
	loadsDesc      = describe("place_loads_total", "Places that Redis did not have and was given.")
	driftDesc      = describe("drift_total", "Places whose numbers in Redis contradicted the database and were mended.")
	redisDesc      = describe("redis_up", "Whether Redis answered when it was last asked.")
	registeredDesc = describe("registrations_total", "Registrations written.")
	failedDesc     = describe("registrations_failed_total", "Registrations that the database could not take.")
	batchesDesc    = describe("commit_batch_size", "Registrations asked for in one transaction.")
	queuedDesc     = describe("outbox_queued", "Messages that wait to be sent.")
	oldestDesc     = describe("outbox_oldest_seconds", "How long the oldest message that is due has been due.")
	databaseDesc   = describe("database_up", "Whether the database answered just now.")
	messagesDesc   = describe("messages_total", "Attempts to send a message, by what came of them.", "result")
)

var outcomeNames = map[seats.Outcome]string{
	seats.Held: "held", seats.Full: "full", seats.OthersWait: "others_wait", seats.TooMany: "too_many", seats.Unknown: "unknown",
}

// Describe sends nothing: the collector is unchecked, and its names are above.
func (collected) Describe(chan<- *prometheus.Desc) {}

// Collect sends the numbers as they are now.
func (c collected) Collect(out chan<- prometheus.Metric) {
	c.collectSeats(out)
	c.collectRegistrations(out)
	c.collectMail(out)
}

func counter(d *prometheus.Desc, n int64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge(d *prometheus.Desc, v float64) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
}

func (c collected) collectSeats(out chan<- prometheus.Metric) {
	n := c.seats.Counts()
	for outcome, name := range outcomeNames {
		out <- counter(holdsDesc, n.Outcomes[outcome], name)
	}
	out <- counter(loadsDesc, n.Loads)
	out <- counter(driftDesc, n.Drift)
	up := 1.0
	if n.Away {
		up = 0
	}
	out <- gauge(redisDesc, up)
}

func (c collected) collectRegistrations(out chan<- prometheus.Metric) {
	n := c.registrar.Counts()
	out <- counter(registeredDesc, n.Registered)
	out <- counter(failedDesc, n.Failed)
	buckets, total := map[float64]uint64{}, uint64(0)
	for i, most := range registrations.BatchBounds {
		total += uint64(n.Batches[i])
		buckets[float64(most)] = total
	}
	out <- prometheus.MustNewConstHistogram(batchesDesc, total, float64(n.Tickets), buckets)
}

func (c collected) collectMail(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gauged)
	defer cancel()
	n, late, err := c.outbox.Queued(ctx)
	if err != nil {
		out <- gauge(databaseDesc, 0)
	} else {
		out <- gauge(databaseDesc, 1)
		out <- gauge(queuedDesc, float64(n))
		out <- gauge(oldestDesc, late.Seconds())
	}
	for result, n := range c.worker.Counts() {
		out <- counter(messagesDesc, n, result)
	}
}
