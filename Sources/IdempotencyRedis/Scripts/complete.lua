#!lua flags=allow-oom
-- complete: stores the outcome of an operation for the owner whose token the record bears.
-- Safe to resend and to arrive late: only the latest owner's token is ever in the record.
--
-- KEYS[1] record: the key
-- ARGV[1] token: the owner's, 32 hexadecimal digits
-- ARGV[2] ownDeadline: when the owner's lease ends, Unix milliseconds
-- ARGV[3] value: the record in state C or T; fingerprint and attempt are taken from the head that stands
-- ARGV[4] ttl: milliseconds from now
--
-- Returns 0 lost: another owner's, or free; nothing changed
-- Returns 1 applied: the record bore the token in state R or U; stored
-- Returns 2 already: this token's outcome stands there
-- Returns 3 restored: Redis had lost the key; stored
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

local token, ownDeadline, value, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  -- Under x the key may have been taken over before it was lost; that cannot be while the own lease lives.
  if value:sub(84, 84) == 'x' and now() >= tonumber(ownDeadline) then return 0 end
  redis.call('SET', KEYS[1], value, 'PX', ttl)
  redis.pcall('SPUBLISH', KEYS[1], value:sub(1, 1))
  return 3
end

local head = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 84) or ''

-- As a rule the owner's own reservation stands there, and but for the state its head is the value's: one comparison says
-- what the tests would.
if #head < 85 or head:sub(2) ~= value:sub(2, 85) or head:sub(2, 33) ~= token or not head:match('^[RU]') then
  if not valid(head) then return 9 end
  local state = head:sub(1, 1)
  if head:sub(2, 33) ~= token or state == 'F' then return 0 end
  if state == 'C' or state == 'T' then return 2 end
end

redis.call('SET', KEYS[1], value, 'PX', ttl)
-- Patched in place only where they differ, for the value may be large; as a rule they are equal.
if head:sub(34, 65) ~= value:sub(34, 65) then redis.call('SETRANGE', KEYS[1], 33, head:sub(34, 65)) end
if head:sub(79, 82) ~= value:sub(79, 82) then redis.call('SETRANGE', KEYS[1], 78, head:sub(79, 82)) end
redis.pcall('SPUBLISH', KEYS[1], value:sub(1, 1))
return 1
