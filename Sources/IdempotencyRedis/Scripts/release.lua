#!lua flags=allow-oom
-- release: frees the key, because the operation certainly had no effect; the attempt count lives on.
-- Safe to resend and to arrive late: a later owner's token is another.
--
-- KEYS[1] record: the key
-- ARGV[1] token: the owner's, 32 hexadecimal digits
-- ARGV[2] expected: the token that the owner's reclaim of unknown outcome expected, else ""
-- ARGV[3] tainted: 1 if an earlier attempt may have had an effect (the fingerprint stays), else 0
-- ARGV[4] value: the record in state F
-- ARGV[5] ttl: milliseconds from now
-- ARGV[6] shortTtl: milliseconds from now, if nothing can have happened under the key: it is absent, or of attempt 1 and
--   not tainted; outlives any stalled command
--
-- Returns 0 lost: another owner's, or settled; nothing changed
-- Returns 1 applied: freed, or a free record that bore `expected` now bears the token
-- Returns 2 already: free, and bears the token
-- Returns 3 restored: the key was absent; F stands there now, so that a reservation still on its way finds it
-- Returns 9 unreadable: another type, too short, or no valid head; nothing changed

-- A head is valid if every field of its 85 bytes is; a newer version of what follows is no fault.
local function valid(head)
  return #head == 85
    and head:match('^[RCTUF]')
    and not head:sub(2, 65):match('[^0-9a-f]')
    and not head:sub(66, 82):match('[^0-9]')
    and head:sub(83):match('^[!-~][hsx][!-~]$')
end

local token, expected, tainted, value, ttl, shortTtl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

-- F admits any fingerprint (zeros), unless an earlier attempt may have had an effect.
local function free(fingerprint, attempt)
  if tainted ~= '1' then fingerprint = string.rep('0', 32) end
  return 'F' .. token .. fingerprint .. value:sub(66, 78) .. attempt .. value:sub(83)
end

local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  redis.call('SET', KEYS[1], free(value:sub(34, 65), value:sub(79, 82)), 'PX', shortTtl)
  redis.pcall('SPUBLISH', KEYS[1], 'F')
  return 3
end

local head = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 84) or ''
if not valid(head) then return 9 end

local state, standing = head:sub(1, 1), head:sub(2, 33)
if state == 'F' then
  if standing == token then return 2 end
  if expected == '' or standing ~= expected then return 0 end
  -- The reclaim may still arrive; with another token under it, it no longer matches.
  redis.call('SETRANGE', KEYS[1], 1, token)
elseif standing == token and (state == 'R' or state == 'U') then
  -- Nobody needs to know an attempt that was the first and did nothing: anyone could fill the store with such keys.
  if tainted ~= '1' and head:sub(79, 82) == '0001' and tonumber(shortTtl) < tonumber(ttl) then ttl = shortTtl end
  redis.call('SET', KEYS[1], free(head:sub(34, 65), head:sub(79, 82)), 'PX', ttl)
else
  return 0
end
redis.pcall('SPUBLISH', KEYS[1], 'F')
return 1
