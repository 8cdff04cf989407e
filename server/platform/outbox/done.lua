-- A consumer is done with these events, and gives the stream back where he still has it.
--
-- KEYS: the stream, who has it. ARGV: group, consumer, then the id of each event.

if #ARGV > 2 then redis.call('xack', KEYS[1], ARGV[1], unpack(ARGV, 3)) end
if redis.call('get', KEYS[2]) == ARGV[2] then redis.call('del', KEYS[2]) end
return #ARGV - 2
