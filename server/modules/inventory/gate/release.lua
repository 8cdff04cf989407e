-- In front of the scripts that need it. KEYS of all: epoch, available, revision, inflight, tokens, due.
--
-- A token is what one order has in flight: its attempt, then each sku and its pieces.

local function release(order, token)
  local skus, left, gone = {}, {}, {}
  for i = 2, #token, 2 do skus[#skus + 1] = token[i] end
  local inflight = redis.call('hmget', KEYS[4], unpack(skus))
  for i, sku in ipairs(skus) do
    local pieces = tonumber(inflight[i] or 0) - token[2 * i + 1]
    if pieces > 0 then
      left[#left + 1] = sku
      left[#left + 1] = string.format('%.0f', pieces)
    else
      gone[#gone + 1] = sku
    end
  end
  if #left > 0 then redis.call('hset', KEYS[4], unpack(left)) end
  if #gone > 0 then redis.call('hdel', KEYS[4], unpack(gone)) end
  redis.call('hdel', KEYS[5], order)
  redis.call('zrem', KEYS[6], order)
end

-- Epoch milliseconds of Redis itself: processes need not agree about the time.
local function now()
  local time = redis.call('time')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

