package store

import "testing"

func TestEachOfSeveralRedisServersProvesItsOwnName(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"rediss://h1:1": "h1", "rediss://h1:1,h2:2?cluster=true": "", "rediss://h1:1,h2:2?master=m": "",
	} {
		o, err := redisOptions(url)
		if err != nil || o.TLSConfig == nil || o.TLSConfig.ServerName != want {
			t.Errorf("%s: %+v, %v", url, o, err)
		}
	}
}
