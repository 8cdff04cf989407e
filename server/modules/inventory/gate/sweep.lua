-- Takes out what is in flight for longer than anybody waits: whoever let it in is gone.
--
-- ARGV: epoch, how many at most. Returns how many there were, or -1: another epoch.

if redis.call('get', KEYS[1]) ~= ARGV[1] then return -1 end
local due = redis.call('zrangebyscore', KEYS[6], '-inf', now(), 'limit', 0, ARGV[2])
for _, order in ipairs(due) do
  local token = redis.call('hget', KEYS[5], order)
  if token then
    release(order, cmsgpack.unpack(token))
  else
    redis.call('zrem', KEYS[6], order)
  end
end
-- Where nothing is in flight, no sum of it is right but none at all.
if redis.call('exists', KEYS[6]) == 0 then redis.call('unlink', KEYS[4], KEYS[5]) end
return #due
