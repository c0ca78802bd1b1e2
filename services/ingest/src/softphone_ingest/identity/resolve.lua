-- Decides which calls the events of one request belong to, and remembers the answers.
--
-- Redis runs a script to its end before any other command, so two hits of one call that arrive at
-- the same moment at two instances can't both begin it. The events of one request go through one
-- run, in order, for the same reason: each may rely on what the one before it has left.
--
-- KEYS: four for each event: the call known by the event's id or number, the click that may wait
-- for the event, the call on its extension's line, and the call of a second id. The last two may be
-- empty. An event with neither id nor number has the key of the line as its first.
-- ARGV: for each event its facts as JSON (`Claim` in resolver.py), times in milliseconds.
--
-- The order of the rules goes from what identifies a call to what only suggests one:
--   1. The call remembered for this id or number, unless that call is past.
--   2. A click that waits for this extension to call this number. Before rules 3 and 4, because the
--      click is the only party that knows the call's id already; it is taken once and deleted.
--   3. The call of a second id that the sender names for the same call (a leg and its parent).
--   4. For an event without an id: the call on the line. After the ids, because a line may carry
--      two calls, and only the newest of them is remembered.
--   5. A new call.

local function load(key)
  local row = key == '' and {} or
    redis.call('HMGET', key, 'id', 'kind', 'number', 'begun', 'answered', 'ended', 'told')
  if not row[1] then return nil end
  return {
    id = row[1],
    kind = row[2],
    number = row[3] or '',
    begun = tonumber(row[4]),
    answered = row[5],
    ended = row[6] and tonumber(row[6]),
    reported = row[7] and tonumber(row[7]),
  }
end

local function remember(key, call, event, seconds)
  if redis.call('HGET', key, 'id') ~= call.id then
    redis.call('DEL', key)
    redis.call('HSET', key, 'id', call.id, 'kind', call.kind, 'begun', event.stamp)
  end
  -- The first number and the first end stay: a transfer's later number is another party's, and a
  -- repeated end must not keep the id from being used again.
  if event.number ~= '' then redis.call('HSETNX', key, 'number', event.number) end
  if event.phase == 'connected' then redis.call('HSET', key, 'answered', 1) end
  if event.ends then redis.call('HSETNX', key, 'ended', event.stamp) end
  local latest = tonumber(redis.call('HGET', key, 'told')) or 0
  if event.reported ~= '' and tonumber(event.reported) > latest then
    redis.call('HSET', key, 'told', event.reported)
  end
  redis.call('EXPIRE', key, seconds)
end

-- Whether the id or number stands for another call by now.
local function is_past(call, event, now)
  -- An event that happened before another known one of the call belongs to it, however late the
  -- request arrives. Hence this comes before every rule that looks at the time of arrival.
  local reported = tonumber(event.reported)
  if reported and call.reported and reported <= call.reported then return false end
  if call.ended then return event.may_reopen and now - call.ended > event.reuse end
  if not event.begins then return false end
  return (event.ring > 0 and now - call.begun > event.ring) or (event.bare and call.answered)
end

-- Whether an event without an id goes on with the call on its line: never with another number's.
local function follows(call, event)
  if not call or call.ended or not event.may_follow then return false end
  return call.number == '' or event.number == '' or call.number == event.number
end

local function resolve(event, own, click, line, linked)
  local now = tonumber(event.stamp)
  local before = load(own)
  local past = before and is_past(before, event, now)
  local call = not past and before or nil
  local busy = load(line)

  if not call and event.may_join then
    local clicked = redis.call('GET', click)
    if clicked then
      redis.call('DEL', click)
      call = { id = clicked, kind = 'click' }
    end
  end
  if not call and linked ~= '' then
    local other = load(linked)
    if not other then
      other = { id = event.linked, kind = 'phone' }
      -- The id of a local counter depends on the hour. Remembered now, the second id still leads
      -- here when its own first event arrives in the next hour.
      redis.call('HSET', linked, 'id', other.id, 'kind', other.kind, 'begun', event.stamp)
      redis.call('EXPIRE', linked, event.seconds)
    end
    if not other.ended or now - other.ended <= event.reuse then call = other end
  end
  if not call and follows(busy, event) then call = busy end
  if not call then
    call = past and { id = event.another, kind = 'derived' } or
      { id = event.first, kind = event.kind }
  end

  remember(own, call, event, event.seconds)
  -- The end of a second call must not take the line away from the call that goes on there.
  local other_goes_on = busy and not busy.ended and busy.id ~= call.id
  if line ~= '' and line ~= own and not (event.ends and other_goes_on) then
    remember(line, call, event, event.line_seconds)
  end
  return { call.id, call.kind, call == before and call.ended and tostring(call.ended) or '' }
end

local decisions = {}
for i, facts in ipairs(ARGV) do
  local k = 4 * i
  decisions[i] = resolve(cjson.decode(facts), KEYS[k - 3], KEYS[k - 2], KEYS[k - 1], KEYS[k])
end
return decisions
