-- Lets an order in where each of its lines fits into what is available and not in flight: all of them or none.
--
-- ARGV: epoch, how long its token lives (ms), order, attempt, then each sku and its pieces.
-- Returns {1} let in, {2} this attempt or a later one is in flight already, {0, by} too little, by its level (1) or only by what
-- is in flight (0), {-1} another epoch, {-2} a sku twice, {-3, i, ...} lines of whose skus nothing is known here.

if redis.call('get', KEYS[1]) ~= ARGV[1] then return {-1} end
local order, attempt = ARGV[3], tonumber(ARGV[4])

local own = {}
local token = redis.call('hget', KEYS[5], order)
if token then
  token = cmsgpack.unpack(token)
  if token[1] >= attempt then return {2} end
  for i = 2, #token, 2 do own[token[i]] = token[i + 1] end
end

local skus, next, seen = {}, {attempt}, {}
for i = 5, #ARGV, 2 do
  -- Looked at one by one they would both find the same pieces.
  if seen[ARGV[i]] then return {-2} end
  seen[ARGV[i]] = true
  skus[#skus + 1] = ARGV[i]
  next[#next + 1] = ARGV[i]
  next[#next + 1] = tonumber(ARGV[i + 1])
end

local available = redis.call('hmget', KEYS[2], unpack(skus))
local inflight = redis.call('hmget', KEYS[4], unpack(skus))
local missing, isShort, isLevelShort = {-3}, false, 0
for i, sku in ipairs(skus) do
  local pieces = next[2 * i + 1]
  if not available[i] then
    missing[#missing + 1] = i - 1
  elseif tonumber(available[i]) < pieces then
    isShort, isLevelShort = true, 1
  elseif tonumber(available[i]) - tonumber(inflight[i] or 0) + (own[sku] or 0) < pieces then
    isShort = true
  end
end
if #missing > 1 then return missing end
if isShort then return {0, isLevelShort} end

-- A later attempt takes the place of the one before.
if token then
  release(order, token)
  inflight = redis.call('hmget', KEYS[4], unpack(skus))
end
local sums = {}
for i, sku in ipairs(skus) do
  sums[#sums + 1] = sku
  sums[#sums + 1] = string.format('%.0f', tonumber(inflight[i] or 0) + next[2 * i + 1])
end
redis.call('hset', KEYS[4], unpack(sums))
redis.call('hset', KEYS[5], order, cmsgpack.pack(next))
redis.call('zadd', KEYS[6], now() + tonumber(ARGV[2]), order)
return {1}
