-- Decides which call a hit belongs to, and remembers it, in one step that nobody comes between.
--
-- KEYS: the call of the hit's name, the click that may wait for it, what its line does, and the
-- call of another id of it; the last two may be empty. For a hit without any name the first is
-- the line. ARGV: the hit as JSON, times in milliseconds.

local hit = cjson.decode(ARGV[1])
local name, click, line, linked = unpack(KEYS)

local function known(key)
  local found = key == '' and {} or
    redis.call('HMGET', key, 'id', 'kind', 'number', 'begun', 'answered', 'ended', 'told')
  if not found[1] then return nil end
  return {
    id = found[1],
    kind = found[2],
    number = found[3] or '',
    begun = tonumber(found[4]),
    answered = found[5],
    ended = found[6] and tonumber(found[6]),
    told = found[7] and tonumber(found[7]),
  }
end

local function remember(key, call, seconds)
  if redis.call('HGET', key, 'id') ~= call.id then
    redis.call('DEL', key)
    redis.call('HSET', key, 'id', call.id, 'kind', call.kind, 'begun', hit.stamp)
  end
  if hit.number ~= '' then redis.call('HSETNX', key, 'number', hit.number) end
  if hit.phase == 'connected' then redis.call('HSET', key, 'answered', 1) end
  if hit.ends then redis.call('HSETNX', key, 'ended', hit.stamp) end
  if hit.told ~= '' and tonumber(hit.told) > (tonumber(redis.call('HGET', key, 'told')) or 0) then
    redis.call('HSET', key, 'told', hit.told)
  end
  redis.call('EXPIRE', key, seconds)
end

local now = tonumber(hit.stamp)

-- Whether the name stands for another call now than for this one.
local function is_past(call)
  -- what happened before something known of the call belongs to it, however late it comes
  local told = tonumber(hit.told)
  if told and call.told and told <= call.told then return false end
  if call.ended then return hit.may_reopen and now - call.ended > hit.reuse end
  if not hit.begins then return false end
  return (hit.ring > 0 and now - call.begun > hit.ring) or (hit.bare and call.answered)
end

-- Whether a hit without an id goes on with what its line does: never with another number's call.
local function follows(call)
  if not call or call.ended or not hit.may_follow then return false end
  return call.number == '' or hit.number == '' or call.number == hit.number
end

local before = known(name)
local past = before and is_past(before)
local call = not past and before or nil
local busy = known(line)

if not call and hit.may_join then
  local clicked = redis.call('GET', click)
  if clicked then
    redis.call('DEL', click)
    call = { id = clicked, kind = 'click' }
  end
end
if not call and linked ~= '' then
  local other = known(linked)
  if not other then
    other = { id = hit.linked, kind = 'phone' }
    -- or what comes under that id in another hour would be another call
    redis.call('HSET', linked, 'id', other.id, 'kind', other.kind, 'begun', hit.stamp)
    redis.call('EXPIRE', linked, hit.seconds)
  end
  if not other.ended or now - other.ended <= hit.reuse then call = other end
end
if not call and follows(busy) then call = busy end
if not call then
  call = past and { id = hit.another, kind = 'derived' } or { id = hit.first, kind = hit.kind }
end

remember(name, call, hit.seconds)
-- the end of a second call on the line is not that of the one that goes on there
local other_goes_on = busy and not busy.ended and busy.id ~= call.id
if line ~= '' and line ~= name and not (hit.ends and other_goes_on) then
  remember(line, call, hit.line_seconds)
end
return { call.id, call.kind, call == before and call.ended and tostring(call.ended) or '' }
