#!lua flags=allow-oom
-- mark-uncertain: the owner's outcome is unknown; the key stays so until a late answer or an operator settles it.
-- Safe to resend and to arrive late: only the token's own reservation is marked, never what it became.
--
-- KEYS[1] record: the key
-- ARGV[1] token: the owner's, 32 hexadecimal digits
-- ARGV[2] value: the record in state U; fingerprint and attempt are taken from the head that stands
-- ARGV[3] ttl: milliseconds from now
--
-- Returns 0 lost: another owner's, no longer reserved, or its choice is x (the lease ends instead); nothing changed
-- Returns 1 applied: uncertain now
-- Returns 2 already: uncertain, and bears the token
-- Returns 3 restored: Redis had lost the key; uncertain now
-- Returns 9 unreadable: another type, too short, or no valid head; nothing changed

-- A head is valid if every field of its 85 bytes is; a newer version of what follows is no fault.
local function valid(head)
  return #head == 85
    and head:match('^[RCTUF]')
    and not head:sub(2, 65):match('[^0-9a-f]')
    and not head:sub(66, 82):match('[^0-9]')
    and head:sub(83):match('^[!-~][hsx][!-~]$')
end

local token, value, ttl = ARGV[1], ARGV[2], ARGV[3]

local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  if value:sub(84, 84) == 'x' then return 0 end
  redis.call('SET', KEYS[1], value, 'PX', ttl)
  redis.pcall('SPUBLISH', KEYS[1], 'U')
  return 3
end

local head = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 84) or ''
if not valid(head) then return 9 end

local state = head:sub(1, 1)
if head:sub(2, 33) ~= token or head:sub(84, 84) == 'x' then return 0 end
if state == 'U' then return 2 end
if state ~= 'R' then return 0 end

-- The later deadline: resolve counts from it how long a request may still be on its way.
local deadline = head:sub(66, 78)
if tonumber(value:sub(66, 78)) > tonumber(deadline) then deadline = value:sub(66, 78) end
local marked = 'U' .. head:sub(2, 65) .. deadline .. head:sub(79, 82) .. value:sub(83)
redis.call('SET', KEYS[1], marked, 'PX', ttl)
redis.pcall('SPUBLISH', KEYS[1], 'U')
return 1
