-- Keeps one seat of a place for a hold id, or says why not. Times are Redis' own.
-- KEYS: counts (hash), holds (sorted set id -> lapse), holds of one client address (the same), holds given up (id -> when to forget)
-- ARGV: id, how long it is promised (ms), how much longer it is kept (ms), '1' to limit holds of the address, '1' for a new promise
-- Answer: {code, deadline promised in ms, 1 if an earlier hold of the id was given up}; codes as in redis.go
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local promised, grace = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)

local lapse = redis.call('ZSCORE', KEYS[2], ARGV[1])
if lapse then return {1, tonumber(lapse) - grace, 0} end
local gone = 0
if redis.call('ZSCORE', KEYS[4], ARGV[1]) then gone = 1 end

local counts = redis.call('HMGET', KEYS[1], 'capacity', 'taken', 'waiting')
if not counts[1] then return {-1, 0, gone} end
if tonumber(counts[3]) > 0 then return {2, 0, gone} end
local capacity = tonumber(counts[1])
if tonumber(counts[2]) + redis.call('ZCARD', KEYS[2]) >= capacity then return {0, 0, gone} end

if ARGV[4] == '1' then
  -- Those that became registrations or lapsed count no more.
  for _, id in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
    if not redis.call('ZSCORE', KEYS[2], id) then redis.call('ZREM', KEYS[3], id) end
  end
  if redis.call('ZCARD', KEYS[3]) >= math.max(5, math.floor(capacity / 10)) then return {3, 0, gone} end
end

local until_ms = now + promised + grace
redis.call('ZADD', KEYS[2], until_ms, ARGV[1])
redis.call('PEXPIRE', KEYS[2], promised + grace + 60000)
if ARGV[4] == '1' then
  redis.call('ZADD', KEYS[3], until_ms, ARGV[1])
  redis.call('PEXPIRE', KEYS[3], promised + grace + 60000)
end
if ARGV[5] == '1' then redis.call('ZREM', KEYS[4], ARGV[1]) end
return {1, now + promised, gone}
