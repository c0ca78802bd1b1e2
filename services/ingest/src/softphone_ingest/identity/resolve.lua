-- Decides which calls the events of one request belong to, and remembers the answers.
--
-- Redis runs a script to its end before any other command, so two hits of one call that arrive at
-- the same moment at two instances can't both begin it. The events of one request go through one
-- run, in order, for the same reason: each may rely on what the one before it has left.
--
-- KEYS: five for each event: the call known by the event's id or number, the click that may wait
-- for the event, the call on its extension's line, the call of a second id, and the ring group of its
-- number. The last three may be empty. An event with neither id nor number has the key of the line as its first.
-- ARGV: for each event its facts as JSON (`Claim` in resolver.py), times in milliseconds.
--
-- The order of the rules goes from what identifies a call to what only suggests one:
--   1. The call remembered for this id or number, unless that call is past.
--   2. A click that waits for this extension to call this number. Before rules 3 and 4, because the
--      click is the only party that knows the call's id already; it is taken once and deleted.
--   3. The call of a second id that the sender names for the same call (a leg and its parent).
--   4. For an event without an id: the call on the line. After the ids, because a line may carry
--      two calls, and only the newest of them is remembered.
--   5. The call on the line with the same number, if only one of it and the event has an id.
--   6. For a ring, or an answer that overtook its ring: the call that other devices of the tenant began
--      to ring for just now. The answer is that of a guest until its ring arrives: the desk may as well
--      talk with the caller in a call of its own, of which nothing was reported before.
--   7. A new call.

local function load(key)
  local row = key == '' and {} or
    redis.call('HMGET', key, 'id', 'kind', 'number', 'begun', 'answered', 'ended', 'reported_at',
      'latest', 'direction', 'has_id', 'missed', 'withheld', 'guest', 'first')
  if not row[1] then return nil end
  return {
    id = row[1],
    kind = row[2],
    number = row[3] or '',
    begun = tonumber(row[4]),
    answered = row[5],
    ended = row[6] and tonumber(row[6]),
    reported = row[7] and tonumber(row[7]),
    latest = row[8] or '',
    direction = row[9] or '',
    has_id = row[10],
    missed = row[11] == '1',
    withheld = row[12] == '1',
    guest = row[13] == '1',
    first = row[14] and tonumber(row[14]),
  }
end

-- Whether a ring or an answer goes on with a call after its end, and is not just late.
local function opens(event, ended, latest)
  local reported = tonumber(event.reported)
  if reported and reported <= latest then return false end
  return event.phase ~= 'connected' or tonumber(event.stamp) - ended > event.overtaken
end

local function remember(key, call, event, seconds, group)
  if redis.call('HGET', key, 'id') ~= call.id then
    redis.call('DEL', key)
    redis.call('HSET', key, 'id', call.id, 'kind', call.kind, 'begun', event.stamp)
  end
  -- The first number and the first end stay: a transfer's later number is another party's, and a
  -- repeated end must not keep the id from being used again.
  if event.number ~= '' then
    redis.call('HSETNX', key, 'number', event.number)
    if redis.call('HGET', key, 'number') ~= event.number then
      redis.call('HSET', key, 'latest', event.number)
    end
  end
  if event.withheld then redis.call('HSET', key, 'withheld', 1) end
  if event.direction ~= '' then redis.call('HSETNX', key, 'direction', event.direction) end
  if event.has_id then redis.call('HSET', key, 'has_id', 1) end
  if group ~= '' then redis.call('HSET', key, 'group', group) end
  if event.phase == 'connected' then redis.call('HSET', key, 'answered', 1) end
  local latest = tonumber(redis.call('HGET', key, 'reported_at')) or 0
  local ended = tonumber(redis.call('HGET', key, 'ended'))
  if event.ends then
    if redis.call('HSETNX', key, 'ended', event.stamp) == 1 then
      redis.call('HSET', key, 'missed', event.phase == 'missed' and 1 or 0)
    end
  elseif ended and opens(event, ended, latest) then
    redis.call('HDEL', key, 'ended')
    redis.call('HSET', key, 'begun', event.stamp)
  end
  if event.reported ~= '' and tonumber(event.reported) > latest then
    redis.call('HSET', key, 'reported_at', event.reported)
  end
  redis.call('EXPIRE', key, seconds)
end

local function is_of_another(call, event)
  if event.direction ~= '' and call.direction ~= '' and event.direction ~= call.direction then
    return true
  end
  return event.number ~= '' and call.number ~= '' and event.number ~= call.number and
    event.number ~= call.latest
end

-- Whether a ring after an end is of a withheld caller where the call had a number, or the reverse.
-- Before the end both may be one caller, whose number a later event reports.
local function is_withheld_otherwise(call, event)
  if event.withheld then return call.number ~= '' and not call.withheld end
  return event.number ~= '' and call.number == '' and call.withheld
end

-- Whether a phone rings for somebody else before anybody answered: the hit of the end was lost. An
-- internal number may become that of the caller, when a colleague hands on a call.
local function is_of_lost_end(call, event)
  return event.phase == 'ringing' and not call.answered and is_of_another(call, event) and
    event.number:sub(1, 1) == '+' and call.number:sub(1, 1) == '+'
end

-- Whether the id or number stands for another call by now.
local function is_past(call, event, now)
  -- An event that happened before another known one of the call belongs to it, however late the
  -- request arrives. Hence this comes before every rule that looks at the time of arrival.
  local reported = tonumber(event.reported)
  local late = reported and call.reported and reported <= call.reported
  -- Clocks of phones may have only seconds: the next call may begin in the second of the last end.
  local another = call.ended and event.begins and
    (is_of_another(call, event) or is_withheld_otherwise(call, event))
  if another and not (late and reported < call.reported) then return true end
  if late then return false end
  if call.ended then
    local same = event.number ~= '' and (event.number == call.number or event.number == call.latest)
    -- A queue rings again after a round that was missed. A small counter whose call was answered, or
    -- hung up, is another call's.
    if event.counts and (call.answered or not call.missed) then same = false end
    local limit = same and event.again or event.reuse
    return event.may_reopen and
      (another or is_of_another(call, event) or now - call.ended > limit)
  end
  if not event.begins then return false end
  if is_of_lost_end(call, event) then return true end
  return (event.ring > 0 and now - call.begun > event.ring) or (event.bare and call.answered)
end

-- Whether a call ended at the phone of its ring group that answered. The others may report no end, so
-- that the next ring there would belong to the call before.
local function is_over_elsewhere(call, group, event, now)
  if group == '' or call.ended or not event.begins then return false end
  local reported = tonumber(event.reported)
  if reported and call.reported and reported <= call.reported then return false end
  local row = redis.call('HMGET', group, 'id', 'over', 'before')
  if row[3] == call.id then return true end
  return row[1] == call.id and row[2] and now - tonumber(row[2]) > event.reuse
end

-- Whether an event without an id goes on with the call on its line: never with another number's.
local function follows(call, event)
  if not call or call.ended or not event.may_follow then return false end
  return call.number == '' or event.number == '' or call.number == event.number
end

-- Whether only one of an event and the call of its line has an id, and both have one number.
local function names(call, event, now)
  if not call or call.ended or (call.has_id and event.has_id) then return false end
  if event.number == '' or event.number ~= call.number or is_of_another(call, event) then
    return false
  end
  return not event.begins or (not call.answered and now - call.begun <= event.unnamed)
end

-- The call that phones of other devices ring for. Two rings of one device are two calls.
local function ringing(group, event, now)
  local call = group ~= '' and load(group)
  if not call or now - call.begun > event.group then return nil end
  if redis.call('HEXISTS', group, 'device:' .. event.device) == 1 then return nil end
  return call
end

local function join_group(group, call, event, is_new)
  if group == '' then return end
  if is_new then
    local row = redis.call('HMGET', group, 'id', 'over')
    redis.call('DEL', group)
    redis.call('HSET', group, 'id', call.id, 'kind', call.kind, 'begun', event.stamp)
    if row[2] then redis.call('HSET', group, 'before', row[1]) end
  elseif redis.call('HGET', group, 'id') ~= call.id then
    return
  end
  redis.call('HSETNX', group, 'device:' .. event.device, 1)
  -- as long as a ring without an end goes on with its call
  redis.call('PEXPIRE', group, math.max(event.ring, event.group))
end

-- Notes at the ring group that the call ended where it was answered.
local function end_group(own, call, event)
  if not event.ends then return end
  local row = redis.call('HMGET', own, 'group', 'answered')
  if row[1] and row[2] and redis.call('HGET', row[1], 'id') == call.id then
    redis.call('HSET', row[1], 'over', event.stamp)
  end
end

local function is_member(key, event)
  return redis.call('HEXISTS', key, 'device:' .. event.device) == 1
end

-- Whether a phone rings with those that the call began at, by the rule of ring groups. A ring that a
-- guest or the time after an end brought does not count.
local function rings_along(call, event, now)
  return event.phase == 'ringing' and event.of_group and event.number ~= '' and
    event.number == call.number and call.first and now - call.first <= event.group
end

-- Whether a phone rings in the ring group of the call: an answer that overtook this ring made it a guest.
local function rings_in_group(group, call, event, now)
  local ringing_call = event.phase == 'ringing' and group ~= '' and load(group)
  return ringing_call and ringing_call.id == call.id and now - ringing_call.begun <= event.group
end

-- Notes at a key whether the device is a guest there. A shared key has a note for each device that is
-- none, and when its call began first.
local function note_guest(key, event, guest, first)
  if first then
    if not guest then
      redis.call('HSETNX', key, 'first', first)
      redis.call('HSET', key, 'device:' .. event.device, 1)
    end
  elseif guest then
    redis.call('HSET', key, 'guest', 1)
  else
    redis.call('HDEL', key, 'guest')
  end
end

local function resolve(event, own, click, line, linked, group)
  local now = tonumber(event.stamp)
  local before = load(own)
  local past = before and
    (is_past(before, event, now) or is_over_elsewhere(before, group, event, now))
  local call = not past and before or nil
  local busy = load(line)
  -- a guest came by an id that devices share or by an answer, neither as the first nor ringing along
  local guest = false
  if call then
    guest = (call.guest and not rings_in_group(group, call, event, now)) or (event.shares and not is_member(own, event) and
      not rings_along(call, event, now))
  end

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
    if not other.ended or now - other.ended <= event.reuse then
      call = other
      guest = event.shares and other.begun and not is_member(linked, event) and
        not rings_along(other, event, now)
    end
  end
  if not call and (follows(busy, event) or names(busy, event, now)) then
    call = busy
    guest = busy.guest
  end
  local rings = not call and ringing(group, event, now)
  if rings then
    call = rings
    guest = event.phase ~= 'ringing'
  end
  local is_new = not call
  if not call then
    call = past and { id = event.another, kind = 'derived' } or
      { id = event.first, kind = event.kind }
  end

  remember(own, call, event, event.seconds, group)
  local first = event.shares and (call.first or event.stamp)
  note_guest(own, event, guest, first)
  if linked ~= '' and first and redis.call('HGET', linked, 'id') == call.id then
    note_guest(linked, event, guest, first)
  end
  join_group(group, call, event, is_new)
  end_group(own, call, event)
  -- The end of a second call must not take the line away from the call that goes on there.
  local other_goes_on = busy and not busy.ended and busy.id ~= call.id
  if line ~= '' and line ~= own and not (event.ends and other_goes_on) then
    remember(line, call, event, event.line_seconds, group)
    note_guest(line, event, guest, nil)
  end
  local ended = call == before and call.ended and tostring(call.ended) or ''
  return { call.id, call.kind, ended, guest and 1 or 0 }
end

local decisions = {}
for i, facts in ipairs(ARGV) do
  local k = 5 * i
  decisions[i] =
    resolve(cjson.decode(facts), KEYS[k - 4], KEYS[k - 3], KEYS[k - 2], KEYS[k - 1], KEYS[k])
end
return decisions
