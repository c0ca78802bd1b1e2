-- Takes an amount out of one token bucket, or gives it back.
-- KEYS: the bucket, stored as the time at which it will be full again.
-- ARGV, all in milliseconds: now, the amount (negative to give back), the content of a full bucket,
-- and how far clocks may differ. Returns how long to wait, 0 if the amount was taken.
local now, take, full = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local at = tonumber(redis.call("GET", KEYS[1]) or now)
-- A time in the past is a full bucket. A time too far ahead was written before a clock was set back;
-- without this rule its owner would be locked out until that time.
if at < now or at > now + full + tonumber(ARGV[4]) then
  at = now
end
local left = at + take - now
if take > 0 and left > full then
  return math.ceil(left - full)
end
if left <= 0 then
  redis.call("DEL", KEYS[1])
else
  -- %.3f, since Lua itself writes numbers with 14 digits, which would round to 0.1 ms. The key
  -- expires when the bucket is full, so that idle buckets cost no memory.
  redis.call("SET", KEYS[1], string.format("%.3f", at + take), "PX", math.ceil(left))
end
return 0
