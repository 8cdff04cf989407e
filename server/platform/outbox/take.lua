-- Takes the next events of a stream for a group, while nobody else of the group has the stream: what somebody took and never
-- was done with first.
--
-- KEYS: the stream, who has it. ARGV: group, consumer, how long he has it (ms), how many events.
-- Returns {0} somebody else has it, {1, event, ...} what somebody left behind, {2, event, ...} new ones; an event is {id, text}. An
-- error where the stream or the group is not there.

if not redis.call('set', KEYS[2], ARGV[2], 'nx', 'px', ARGV[3]) then return {0} end

local left = redis.call('xautoclaim', KEYS[1], ARGV[1], ARGV[2], 0, '0-0', 'count', ARGV[4])
local kind, entries = 1, left[2]
if #entries == 0 then
  local read = redis.call('xreadgroup', 'group', ARGV[1], ARGV[2], 'count', ARGV[4], 'streams', KEYS[1], '>')
  kind, entries = 2, read and read[1][2] or {}
end
if #entries == 0 then redis.call('del', KEYS[2]) end

local taken = {kind}
for _, entry in ipairs(entries) do taken[#taken + 1] = {entry[1], entry[2][2]} end
return taken
