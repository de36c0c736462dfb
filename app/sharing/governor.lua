-- The rate governor's one question, answered at once for many asks. docs: app/sharing/meters.py.
--
-- KEYS[1]  the clock: `run` (which server, filled by whom), `now` (its own time in ms, which never goes back), one offset for each machine
-- KEYS[2+] one hash for each scope: `pause` (own time in ms) and for each rate `<ms><of>:<part>` = places taken in that part of the window,
--          `<ms><of>:tail` = the moment up to which free places have been promised
-- ARGV     what to do, run, machine, the machine's steady clock in ms, the question as JSON
local PARTS, KEPT, SPARE = 100, 104, 86400000

local action, run, machine, steady = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local question = cjson.decode(ARGV[5])

local function text(number) return string.format('%.0f', number) end

local known = redis.call('HMGET', KEYS[1], 'run', 'now', machine)
if known[1] ~= run then return {-1} end

local now = tonumber(known[2])
if known[3] then
    now = math.max(now, steady + tonumber(known[3]))
else
    redis.call('HSET', KEYS[1], machine, text(now - steady))
end
redis.call('HSET', KEYS[1], 'now', text(now))
redis.call('PEXPIRE', KEYS[1], 30 * SPARE)

local function meter(rate)
    local part = rate[2] / PARTS
    return {limit = rate[1], of = rate[3], part = part, name = text(rate[2]) .. rate[3], here = math.floor(now / part),
            span = part * KEPT, used = 0, taken = {}, tail = 0}
end

local function load(number)
    local scope = {key = KEYS[number + 1], meters = {}, pause = 0, dead = {}, new = {}}
    local named = {}
    for each, rate in ipairs(question.rates[question.scopes[number]]) do
        local made = meter(rate)
        scope.meters[each], named[made.name] = made, made
    end
    local raw = redis.call('HGETALL', scope.key)
    for at = 1, #raw, 2 do
        local field, value = raw[at], tonumber(raw[at + 1])
        local name, part = string.match(field, '^(%w+):(%w+)$')
        local found = name and named[name]
        if field == 'pause' then
            scope.pause = value
        elseif found and part == 'tail' then
            found.tail = value
        elseif found and tonumber(part) > found.here - KEPT then
            found.taken[tonumber(part)] = value
            found.used = found.used + value
        else
            scope.dead[#scope.dead + 1] = field
        end
    end
    return scope
end

local scopes = {}
local function scope_of(number)
    scopes[number] = scopes[number] or load(number)
    return scopes[number]
end

local function cost_of(found, pictures)
    local cost = 1
    if found.of == 'calls' then cost = 1 + 2 * pictures elseif found.of == 'uploads' then cost = pictures end
    return math.min(cost, found.limit)
end

-- The moment at which `cost` places are free, if nobody takes them before.
local function opens(found, cost)
    local need = found.used + cost - found.limit
    if need <= 0 then return now end
    local order = {}
    for part in pairs(found.taken) do order[#order + 1] = part end
    table.sort(order)
    for _, part in ipairs(order) do
        need = need - found.taken[part]
        if need <= 0 then return (part + KEPT) * found.part end
    end
    return now + found.span
end

-- One place after the other at the rate of the limit, beginning when the first is free; at most one window ahead.
local function promise(scope, found, cost, first)
    local at = math.max(first, found.tail)
    if at > first + found.span then at = first end
    found.tail = at + found.span * cost / found.limit
    scope.new[found.name .. ':tail'] = found.tail
    return at
end

local function blocked(scope, pictures)
    if scope.pause > now then return true end
    for _, found in ipairs(scope.meters) do
        if found.used + cost_of(found, pictures) > found.limit then return true end
    end
    return false
end

-- Only the narrowest scope in the way promises a place: who waits for their own account does not stand in everybody's queue.
local function wait_for(scope, pictures, promising)
    local latest = math.max(scope.pause, now)
    for _, found in ipairs(scope.meters) do
        local cost = cost_of(found, pictures)
        if cost > 0 and (scope.pause > now or found.used + cost > found.limit) then
            local first = math.max(scope.pause, opens(found, cost))
            latest = math.max(latest, promising and promise(scope, found, cost, first) or first)
        end
    end
    return latest
end

local function add(scope, found, part, count)
    found.taken[part] = (found.taken[part] or 0) + count
    found.used = found.used + count
    scope.new[found.name .. ':' .. text(part)] = found.taken[part]
end

local function take(scope, pictures)
    for _, found in ipairs(scope.meters) do
        local cost = cost_of(found, pictures)
        if cost > 0 then add(scope, found, found.here, cost) end
    end
end

-- Taking back the oldest never frees a place before its time, whichever it was.
local function give_back(scope, pictures)
    for _, found in ipairs(scope.meters) do
        local cost = cost_of(found, pictures)
        while cost > 0 do
            local oldest = nil
            for part, count in pairs(found.taken) do
                if count > 0 and (not oldest or part < oldest) then oldest = part end
            end
            if not oldest then break end
            local some = math.min(cost, found.taken[oldest])
            add(scope, found, oldest, -some)
            cost = cost - some
        end
    end
end

local function admit(ask)
    local at = 0
    for each = 2, #ask do
        local scope = scope_of(ask[each])
        if blocked(scope, ask[1]) then at = math.max(at, wait_for(scope, ask[1], at == 0)) end
    end
    if at > 0 then return math.max(1, math.ceil(at - now)) end
    for each = 2, #ask do take(scope_of(ask[each]), ask[1]) end
    return 0
end

local function save(scope)
    local changed, longest = {}, math.max(0, scope.pause - now)
    for field, value in pairs(scope.new) do
        changed[#changed + 1] = field
        changed[#changed + 1] = text(value)
    end
    for _, found in ipairs(scope.meters) do longest = math.max(longest, found.span) end
    if #scope.dead > 0 then redis.call('HDEL', scope.key, unpack(scope.dead, 1, math.min(#scope.dead, 1000))) end
    if #changed > 0 then
        redis.call('HSET', scope.key, unpack(changed))
        redis.call('PEXPIRE', scope.key, text(longest + SPARE))
    end
end

local answers = {}
if action == 'admit' then
    for each, ask in ipairs(question.asks) do answers[each] = admit(ask) end
elseif action == 'give_back' then
    for _, ask in ipairs(question.asks) do
        for each = 2, #ask do give_back(scope_of(ask[each]), ask[1]) end
    end
elseif action == 'pause' then
    for number, wait in ipairs(question.waits) do
        local scope = scope_of(number)
        scope.pause = math.max(scope.pause, now + wait)
        scope.new.pause = scope.pause
    end
end
for _, scope in pairs(scopes) do save(scope) end
return answers
