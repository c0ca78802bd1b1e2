-- One bucket, kept as the moment at which it will be full again. KEYS: the bucket.
-- ARGV, all in milliseconds: now, what one takes (below zero: gives back), what a full one holds,
-- how far clocks may differ. Gives how long to wait, 0 if it was taken.
local now, take, full = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local at = tonumber(redis.call("GET", KEYS[1]) or now)
if at < now or at > now + full + tonumber(ARGV[4]) then
  at = now -- it is full, or a clock was set back
end
local left = at + take - now
if take > 0 and left > full then
  return math.ceil(left - full)
end
if left <= 0 then
  redis.call("DEL", KEYS[1])
else
  redis.call("SET", KEYS[1], string.format("%.3f", at + take), "PX", math.ceil(left))
end
return 0
