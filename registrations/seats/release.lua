-- Gives a hold up, and remembers for as long as its promise could last that it was: a claim to it is then worth nothing.
-- KEYS: holds (sorted set), holds given up (sorted set id -> when to forget)
-- ARGV: id, how long to remember (ms)
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[2], tonumber(ARGV[2]) + 60000)
return {1}
