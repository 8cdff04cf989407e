-- What the database says now, and of whom it has decided: in one step, so that no piece counts twice.
--
-- ARGV: epoch, how many levels, each sku with its revision and what is available of it, then each order and its attempt.
-- A level that is older than what is known changes nothing, nor does an attempt that is not in flight.
-- Returns how many levels were newer, or -1: another epoch.

if redis.call('get', KEYS[1]) ~= ARGV[1] then return -1 end
local count = tonumber(ARGV[2])
local at = 3 + 3 * count

local taken = 0
if count > 0 then
  local skus = {}
  for i = 3, at - 1, 3 do skus[#skus + 1] = ARGV[i] end
  local known = redis.call('hmget', KEYS[3], unpack(skus))
  local revisions, levels = {}, {}
  for i, sku in ipairs(skus) do
    local revision, available = ARGV[3 * i + 1], ARGV[3 * i + 2]
    if not known[i] or tonumber(known[i]) < tonumber(revision) then
      taken = taken + 1
      revisions[2 * taken - 1], revisions[2 * taken] = sku, revision
      levels[2 * taken - 1], levels[2 * taken] = sku, available
    end
  end
  if taken > 0 then
    redis.call('hset', KEYS[2], unpack(levels))
    redis.call('hset', KEYS[3], unpack(revisions))
  end
end

for i = at, #ARGV, 2 do
  local token = redis.call('hget', KEYS[5], ARGV[i])
  if token then
    token = cmsgpack.unpack(token)
    if token[1] == tonumber(ARGV[i + 1]) then release(ARGV[i], token) end
  end
end
return taken
