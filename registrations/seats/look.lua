-- Tells what Redis knows of a place.
-- KEYS: counts (hash), holds (sorted set)
-- Answer: {epoch, version, capacity, taken, waiting, live holds}, or {} when the place is not loaded
local c = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'capacity', 'taken', 'waiting')
if not c[1] then return {} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local live = redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf')
return {tonumber(c[1]), tonumber(c[2]), tonumber(c[3]), tonumber(c[4]), tonumber(c[5]), live}
