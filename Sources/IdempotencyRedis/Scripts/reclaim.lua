#!lua
-- reclaim: takes over a free key, or one whose lease is over, as the record's own choice (byte 83) says.
-- Safe to resend and to arrive late: token and state must still be those that were read.
-- No allow-oom: when Redis is full, nothing new begins.
--
-- KEYS[1] record: the key
-- ARGV[1] expected: the token that was read, 32 hexadecimal digits
-- ARGV[2] expectedState: the state that was read, R or F
-- ARGV[3] value: the new record in state R; the attempt is written here
-- ARGV[4] ttl: milliseconds from now, of the new record or of the one stored under s
-- ARGV[5] uncertainTtl: milliseconds from now, if the key becomes uncertain
-- ARGV[6] lost: the answer to store under s, in state C with the reclaimer's token; else ""
--
-- Returns 1 granted: taken over; the second element is the attempt
-- Returns 2 uncertain: the lease was over under h, or attempts have run out
-- Returns 3 settled: the lease was over under s; `lost` stands there now
-- Returns 4 standing: changed since it was read, or its lease lives; the second element is the record
-- Returns 5 absent: there is no record
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

local expected, expectedState, value = ARGV[1], ARGV[2], ARGV[3]
local ttl, uncertainTtl, lost = ARGV[4], ARGV[5], ARGV[6]

local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return {5} end

local head = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 84) or ''
if not valid(head) then return {9} end

local function standing() return {4, redis.call('GET', KEYS[1])} end

local state, attempt = head:sub(1, 1), tonumber(head:sub(79, 82))
if head:sub(2, 33) ~= expected or state ~= expectedState then return standing() end
if state ~= 'F' then
  -- Whether a lease is over, only this clock decides.
  if state ~= 'R' or now() < tonumber(head:sub(66, 78)) then return standing() end

  local choice = head:sub(84, 84)
  if choice == 's' then
    if lost == '' then return standing() end
    local answer = 'C' .. lost:sub(2, 33) .. head:sub(34, 65) .. lost:sub(66, 78) .. head:sub(79, 82) .. lost:sub(83)
    redis.call('SET', KEYS[1], answer, 'PX', ttl)
    redis.pcall('SPUBLISH', KEYS[1], 'C')
    return {3}
  end
  -- Uncertain under h, as below when attempts have run out.
  if choice == 'h' then attempt = 9999 end
end

if attempt >= 9999 then
  redis.call('SETRANGE', KEYS[1], 0, 'U')
  redis.call('PEXPIRE', KEYS[1], uncertainTtl)
  redis.pcall('SPUBLISH', KEYS[1], 'U')
  return {2}
end

attempt = attempt + 1
redis.call('SET', KEYS[1], value:sub(1, 78) .. string.format('%04d', attempt) .. value:sub(83), 'PX', ttl)
return {1, attempt}
