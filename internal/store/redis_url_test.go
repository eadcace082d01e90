package store_test

import (
	"strings"
	"testing"

	"masterclass/internal/store"
)

func TestRedisURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://h:1/0", "redis://h", "rediss://h:1", "unix:///tmp/x.sock", "unix:///tmp/x.sock?db=3", "redis://[::1]:6379/2", "redis://h?cluster=false",
		"redis://h1:1,h2:2?cluster=true", "redis://h1,h2:2/0?cluster=true", "redis://h:1?cluster=true", "rediss://:p@h1:1,h2:2/?cluster=true",
		"redis://u:p@h1:1,h2:2/3?master=m", "redis://h1:1,[::1]:2?master=m", "redis://h:26379/0?master=m",
		"redis://h:26379?master=m&sentinel_username=u&sentinel_password=p",
	} {
		r, err := store.OpenRedis(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAWrongRedisURLIsRefusedWithWhatIsWrongInIt(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"h:1":                                "looks like redis://",
		"http://:hunter2@h:1":                "looks like redis://",
		"redis://h:1/x":                      "looks like redis://",
		"redis://:hunter2@h:1?clster=true":   "looks like redis://",
		"redis://:hunter2@h1:x":              "looks like redis://",
		"redis://:hunter2@h1:1,h2:2":         "?cluster=true for a Cluster or ?master=NAME",
		"redis://h1:1,h2:2?cluster=false":    "?cluster=true for a Cluster or ?master=NAME",
		"redis://h1:1,h2:2?cluster=yes":      "?cluster= without saying what",
		"redis://h:1?cluster":                "?cluster= without saying what",
		"redis://h:26379?master=":            "?master= without a name",
		"redis://h:1?cluster=true&master=m":  "keep ?cluster=true or ?master=NAME",
		"redis://h1:1,h2:2/3?cluster=true":   "a numbered database",
		"unix:///tmp/x.sock?cluster=true":    "names a socket",
		"unix:///tmp/x.sock?master=m":        "names a socket",
		"redis://:hunter2@h1:1,?master=m":    "a host in the Redis URL",
		"redis://h1:1,,h2:2?cluster=true":    "a host in the Redis URL",
		"redis://h1:1,h2:x?cluster=true":     "a host in the Redis URL",
		"redis://h1:1,h2:99999?cluster=true": "a host in the Redis URL",
		"redis://h1:1, h2:2?cluster=true":    "a host in the Redis URL",
	} {
		_, err := store.OpenRedis(url)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
