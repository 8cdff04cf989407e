-- Puts events into a stream. The id of each is its number, so that one that is there already is not put there again.
--
-- KEYS: the stream. ARGV: the number of the last event that must be in it, then number and event of each.
-- Returns how many were new, or -1 where the stream is not there, has lost what must be in it, or has come from a database that
-- knew more than this one: what it gave these numbers to is not what they are now.

if redis.call('exists', KEYS[1]) == 0 then return -1 end
local info, last = redis.call('xinfo', 'stream', KEYS[1]), 0
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then last = tonumber(string.match(info[i + 1], '^%d+')) end
end
if last < tonumber(ARGV[1]) then return -1 end

for i = 2, #ARGV, 2 do
  if tonumber(ARGV[i]) <= last then
    local there = redis.call('xrange', KEYS[1], ARGV[i] .. '-0', ARGV[i] .. '-0')[1]
    if not there or there[2][2] ~= ARGV[i + 1] then return -1 end
  end
end

local added = 0
for i = 2, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    redis.call('xadd', KEYS[1], ARGV[i] .. '-0', 'event', ARGV[i + 1])
    added = added + 1
  end
end
return added
