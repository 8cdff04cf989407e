-- How far each group is in a stream.
--
-- KEYS: the stream. ARGV: how long a consumer who has nothing may be idle (ms) before he is forgotten.
-- Returns {last id that ever was, last id that is, {group, last id that was taken, first id that is not done or ''}, ...}, or {}
-- where the stream is not there.

if redis.call('exists', KEYS[1]) == 0 then return {} end
local function field(list, name)
  for i = 1, #list, 2 do
    if list[i] == name then return list[i + 1] end
  end
end

local newest = redis.call('xrevrange', KEYS[1], '+', '-', 'count', 1)[1]
local found = {field(redis.call('xinfo', 'stream', KEYS[1]), 'last-generated-id'), newest and newest[1] or '0-0'}
for _, group in ipairs(redis.call('xinfo', 'groups', KEYS[1])) do
  local name = field(group, 'name')
  for _, consumer in ipairs(redis.call('xinfo', 'consumers', KEYS[1], name)) do
    -- Whoever goes with events that are not done takes them along.
    if field(consumer, 'pending') == 0 and field(consumer, 'idle') > tonumber(ARGV[1]) then
      redis.call('xgroup', 'delconsumer', KEYS[1], name, field(consumer, 'name'))
    end
  end
  local pending = redis.call('xpending', KEYS[1], name)
  found[#found + 1] = {name, field(group, 'last-delivered-id'), pending[2] or ''}
end
return found
