-- Keeps seats of a place for those who ask at the same moment, in their order, or says why not. Times are Redis' own.
-- KEYS: counts (hash), holds (sorted set id -> lapse), holds given up (id -> when to forget), holds of a client address (the same) …
-- ARGV: how long a hold is promised (ms), how much longer it is kept (ms), then three for each who asks:
--   id, which key has the holds of its address (0: its address is not limited), '1' for a new promise, '2' to pass those who wait
-- Answer: three for each: code, deadline promised in ms, 1 if an earlier hold of the id was given up; codes as in redis.go
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local promised, grace = tonumber(ARGV[1]), tonumber(ARGV[2])
local lapse = now + promised + grace
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)

local ids = {}
for i = 3, #ARGV, 3 do ids[#ids + 1] = ARGV[i] end
local lapses = redis.call('ZMSCORE', KEYS[2], unpack(ids))
local gone = redis.call('ZMSCORE', KEYS[3], unpack(ids))
local counts = redis.call('HMGET', KEYS[1], 'capacity', 'taken', 'waiting')
local capacity, waiting, free = tonumber(counts[1] or '0'), tonumber(counts[3] or '0'), 0
if counts[1] then free = capacity - tonumber(counts[2]) - redis.call('ZCARD', KEYS[2]) end
local limit = math.max(5, math.floor(capacity / 10))

-- How many live holds an address has. Those that became registrations or lapsed count no more.
local function held_by(key)
  local n = redis.call('ZCARD', key)
  if n < limit then return n end
  for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if not redis.call('ZSCORE', KEYS[2], id) then redis.call('ZREM', key, id) end
  end
  return redis.call('ZCARD', key)
end

local answer, new, again, granted = {}, {}, {}, false
local function hold(i, id)
  local by, promise, pass = tonumber(ARGV[3 * i + 1]), ARGV[3 * i + 2] == '1', ARGV[3 * i + 2] == '2'
  if lapses[i] then return 1, tonumber(lapses[i]) - grace, 0 end
  if again[id] then return 1, lapse - grace, 0 end
  local was = 0
  if gone[i] then was = 1 end
  if not counts[1] then return -1, 0, was end
  if waiting > 0 and not pass then return 2, 0, was end
  if free <= 0 then return 0, 0, was end
  if by > 0 then
    local key = KEYS[3 + by]
    if held_by(key) >= limit then return 3, 0, was end
    redis.call('ZADD', key, lapse, id)
    redis.call('PEXPIRE', key, promised + grace + 60000)
    redis.call('ZADD', KEYS[2], lapse, id) -- at once: the address is counted by what is held
  else
    new[#new + 1] = lapse
    new[#new + 1] = id
  end
  if promise and was == 1 then redis.call('ZREM', KEYS[3], id) end
  free, again[id], granted = free - 1, true, true
  return 1, lapse - grace, was
end

for i, id in ipairs(ids) do
  local code, deadline, was = hold(i, id)
  answer[3 * i - 2], answer[3 * i - 1], answer[3 * i] = code, deadline, was
end
if #new > 0 then redis.call('ZADD', KEYS[2], unpack(new)) end
if granted then redis.call('PEXPIRE', KEYS[2], promised + grace + 60000) end
return answer
