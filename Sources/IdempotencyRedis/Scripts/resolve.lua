#!lua flags=allow-oom
-- resolve: an operator's decision on an uncertain key.
-- Safe to resend and to arrive late: token and attempt must still be those that the operator saw.
--
-- KEYS[1] record: the key
-- ARGV[1] token: the token the operator saw, 32 hexadecimal digits
-- ARGV[2] attempt: the attempt the operator saw, 4 digits
-- ARGV[3] newToken: the decided record's, so that a second try is recognised
-- ARGV[4] value: the decided record in state C, T or F
-- ARGV[5] ttl: milliseconds from now
-- ARGV[6] wait: to F, for how many milliseconds after the lease a request may still be on its way
-- ARGV[7] force: 1 to decide although it is too early, else 0
--
-- Returns 0 lost: no longer uncertain with that token and attempt, or absent; nothing changed
-- Returns 1 applied: decided
-- Returns 2 already: the record bears the new token
-- Returns 4 tooEarly: the lease lives, or to F a request may still be on its way; nothing changed
-- Returns 9 unreadable: another type, too short, or no valid head; nothing changed

-- A head is valid if every field of its 85 bytes is; a newer version of what follows is no fault.
local function valid(head)
  return #head == 85
    and head:match('^[RCTUF]')
    and not head:sub(2, 65):match('[^0-9a-f]')
    and not head:sub(66, 82):match('[^0-9]')
    and head:sub(83):match('^[!-~][hsx][!-~]$')
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local token, attempt, newToken, value, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local wait, force = ARGV[6], ARGV[7]

local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return 0 end

local head = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 84) or ''
if not valid(head) then return 9 end
if head:sub(2, 33) == newToken then return 2 end
if head:sub(1, 1) ~= 'U' or head:sub(2, 33) ~= token or head:sub(79, 82) ~= attempt then return 0 end

local state, fingerprint, earliest = value:sub(1, 1), head:sub(34, 65), tonumber(head:sub(66, 78))
if state == 'F' then
  fingerprint = string.rep('0', 32)
  earliest = earliest + tonumber(wait)
end
if force ~= '1' and now() < earliest then return 4 end

local decided = state .. newToken .. fingerprint .. value:sub(66, 78) .. attempt .. value:sub(83)
redis.call('SET', KEYS[1], decided, 'PX', ttl)
redis.pcall('SPUBLISH', KEYS[1], state)
return 1
