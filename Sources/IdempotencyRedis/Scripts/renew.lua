#!lua flags=allow-oom
-- renew: moves the lease deadline of the owner's record forward.
-- Safe to resend and to arrive late: the deadline never moves back and the TTL is never shortened.
--
-- KEYS[1] record: the key
-- ARGV[1] token: the owner's, 32 hexadecimal digits
-- ARGV[2] deadline: the new lease deadline, 13 digits of Unix milliseconds
-- ARGV[3] value: the owner's whole record in state R, with the deadline that was last acknowledged
-- ARGV[4] ttl: milliseconds from now
--
-- Returns 0 lost: another owner's, or no longer reserved; nothing changed
-- Returns 1 applied: the lease lives until the later of the two deadlines
-- Returns 3 restored: Redis had lost the key; the record was put back
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

local token, deadline, value, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  local ownDeadline = value:sub(66, 78)
  -- Under x the key may have been taken over before it was lost; that cannot be while the own lease lives.
  if value:sub(84, 84) == 'x' and now() >= tonumber(ownDeadline) then return 0 end
  redis.call('SET', KEYS[1], value, 'PX', ttl)
  if tonumber(deadline) > tonumber(ownDeadline) then redis.call('SETRANGE', KEYS[1], 65, deadline) end
  return 3
end

local head = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 84) or ''
if not valid(head) then return 9 end
if head:sub(1, 1) ~= 'R' or head:sub(2, 33) ~= token then return 0 end

if tonumber(deadline) > tonumber(head:sub(66, 78)) then redis.call('SETRANGE', KEYS[1], 65, deadline) end
redis.call('PEXPIRE', KEYS[1], ttl, 'GT')
return 1
