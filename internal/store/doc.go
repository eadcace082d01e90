// Package store opens what the program keeps its state in and knows nothing of what is kept.
//
// SQL is the record: SQLite in one file by default, PostgreSQL by URL, behind one code path over bun.
// Open gives a DB with one writer and a pool of readers for SQLite, or one pool for PostgreSQL; Migrate
// brings the schema up to date under a lock that dies with its process. Redis holds what can be rebuilt:
// OpenRedis gives a client of a real server, Sentinel or Cluster by URL, or of an embedded one.
// A DataDir is locked by the process that serves from it. Backup copies a SQLite file beside its writers;
// Restore puts a copy back, with a higher epoch. Package storetest gives each test a fresh database of
// either kind and a private Redis.
package store
