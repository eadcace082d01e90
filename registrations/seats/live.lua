-- Lists the live holds of a place.
-- KEYS: holds (sorted set)
-- Answer: the ids
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
