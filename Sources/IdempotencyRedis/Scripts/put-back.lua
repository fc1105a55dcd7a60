#!lua flags=allow-oom
-- put-back: a living owner puts back what Redis has forgotten; one step, so that nothing comes between.
-- Safe to resend, and to send although nothing was forgotten. Attempts never decrease, so a lower one that stands proves
-- that Redis went back, and that the attempt which stands there was over. A reservation is put back under every choice,
-- also when its lease is over: without it, its attempt would be given twice (Tests/Model: put-lapsed-attempt).
--
-- KEYS[1] record: the key
-- ARGV[1] value: the record as its owner last knew it, in any state
-- ARGV[2] ttl: milliseconds from now
--
-- Returns 0 lost: completed, a later attempt's, or another owner's; nothing changed
-- Returns 1 applied: its own reservation, or its own uncertainty; now as the owner knew it
-- Returns 2 already: nothing was forgotten
-- Returns 3 restored: the key was absent, an earlier attempt's, or free since a first attempt that did nothing; the value
--   stands there now
-- Returns 9 unreadable: another type, too short, or no valid head; nothing changed

-- A head is valid if every field of its 85 bytes is; a newer version of what follows is no fault.
local function valid(head)
  return #head == 85
    and head:match('^[RCTUF]')
    and not head:sub(2, 65):match('[^0-9a-f]')
    and not head:sub(66, 82):match('[^0-9]')
    and head:sub(83):match('^[!-~][hsx][!-~]$')
end

local value, ttl = ARGV[1], ARGV[2]
local own, attempt = value:sub(1, 1), tonumber(value:sub(79, 82))

local kind = redis.call('TYPE', KEYS[1]).ok
local head = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 84) or ''
if kind ~= 'none' and not valid(head) then return 9 end

local function write()
  redis.call('SET', KEYS[1], value, 'PX', ttl)
  if own ~= 'R' then redis.pcall('SPUBLISH', KEYS[1], own) end
end

local state, standing = head:sub(1, 1), tonumber(head:sub(79, 82))
local completed = state == 'C' or state == 'T'
-- An F of attempt 1 by which nothing happened stands for minutes, and then its attempt is given again. So another's
-- record of attempt 1 is a later one, though its number is the same (Tests/Model: free-short-no-yield).
local outlived = state == 'F' and standing == 1 and attempt == 1 and own ~= 'F'
  and head:sub(34, 65) == string.rep('0', 32) and head:sub(2, 33) ~= value:sub(2, 33)
if kind == 'none' or standing < attempt and not completed or outlived then
  write()
  return 3
end
if head:sub(2, 33) ~= value:sub(2, 33) or standing ~= attempt then return 0 end

if state == 'R' and own == 'R' then
  if tonumber(value:sub(66, 78)) <= tonumber(head:sub(66, 78)) then return 2 end
  redis.call('SETRANGE', KEYS[1], 65, value:sub(66, 78))
  redis.call('PEXPIRE', KEYS[1], ttl, 'GT')
  return 1
end
if state == own or completed and (own == 'C' or own == 'T') then return 2 end
if state == 'R' or state == 'U' and own ~= 'R' then
  -- A renewal may have been applied of which its owner has not heard: a deadline never goes back.
  if head:sub(66, 78) > value:sub(66, 78) then value = value:sub(1, 65) .. head:sub(66, 78) .. value:sub(79) end
  write()
  return 1
end
return 0
