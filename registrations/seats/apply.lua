-- Writes what SQL has committed: the counts of a place if they are newer, and the end of holds that became registrations.
-- KEYS: counts (hash), holds (sorted set)
-- ARGV: epoch, version, capacity, taken, waiting, since, ids of holds to end …
-- since is the version after which the ids are complete, -1 when they cover every hold that can be alive.
-- Answer: {1, 0} done; {0, version} the ids are too few: ask again with those since this version (-1: with all).
local have = redis.call('HMGET', KEYS[1], 'epoch', 'version')
local epoch, version, since = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[6])
local have_epoch, have_version = tonumber(have[1] or '-1'), tonumber(have[2] or '-1')
if since ~= -1 then
  if have_epoch ~= epoch then return {0, -1} end
  if have_version < since then return {0, have_version} end
end
for i = 7, #ARGV, 1000 do
  redis.call('ZREM', KEYS[2], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
if have_epoch < epoch or (have_epoch == epoch and have_version < version) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'version', ARGV[2], 'capacity', ARGV[3], 'taken', ARGV[4], 'waiting', ARGV[5])
end
-- A place that nobody asks for is forgotten in time, and loaded again when somebody does.
redis.call('PEXPIRE', KEYS[1], 2592000000)
return {1, 0}
