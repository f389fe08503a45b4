-- One application goes into the index. Behind profiles.lua.

local NOTHING = {0, 0, 0, 0, 0}
local NOBODY_ELSE = {flat = {}, fields = 2, count = 0, older = NOTHING, beyond = 0}

-- Takes up the event into the application, which may have had events before. Returns the application.
local function take_up(request, head, tail, place)
  local prefix, ttl, time, name, event = unpack(request, 1, 5)
  local key = prefix .. "A" .. name
  local stored = call("GET", key)
  local node = read_node(stored)
  local fresh = put_record(node.events, {time, event}, EVENTS_PER_APPLICATION)
  local app = {prefix = prefix, ttl = ttl, time = time, name = name, key = key, node = node, fresh = fresh, nodes = {},
    applicant = read_struct(">I6", tail), channel = sub(tail, 7), identifiers = request[6], known = {}, has = {},
    latest = fresh and newer(time, event, node.time, node.event), old_time = node.time, resubmissions = 0,
    before = member_of(node)}
  if stored then
    for i, record in ipairs(node.events) do
      if record[2] == event then app.resubmissions = #node.events - i end
    end
    local mine, identifiers = node.identifiers, {}
    for _, identifier in ipairs(mine) do app.known[identifier] = true end
    for _, identifier in ipairs(request[6]) do
      if fresh and not app.known[identifier] and #mine < IDENTIFIERS_PER_APPLICATION then
        mine[#mine + 1] = identifier
      end
    end
    for _, identifier in ipairs(mine) do app.has[identifier] = true end
    for _, identifier in ipairs(request[6]) do
      if app.has[identifier] then identifiers[#identifiers + 1], app.has[identifier] = identifier, "now" end
    end
    app.gathered = #identifiers < #request[6] or #mine > #request[6]
    for _, identifier in ipairs(mine) do  -- what it had in earlier events is its own still
      if app.has[identifier] ~= "now" then identifiers[#identifiers + 1] = identifier end
    end
    app.identifiers = identifiers
  else
    node.identifiers = request[6]
    for _, identifier in ipairs(node.identifiers) do app.has[identifier] = true end
  end
  if app.latest then
    node.time, node.event, node.tail, node.head, node.place, node.cents = time, event, tail, head, place, request[10]
  end
  app.now = member_of(node)
  return app
end

-- The entries of an identifier besides the application, and whether it was among them. `stored` may be false.
local function others_of(app, stored)
  if not stored or stored == app.name then return "", stored == app.name end
  if #stored == NAME then return entry_of(stored, app.nodes[stored]), false end
  return without(stored, app.name)
end

-- Puts the application among those of an identifier when `place`, and returns what the identifier has besides it.
local function visit(app, identifier, stored, place)
  local others, present = others_of(app, stored)
  local key, overflow_key = app.prefix .. identifier, app.prefix .. "O" .. identifier
  local number, overflow = #others / WIDTH
  if place and app.fresh and (app.latest or not app.known[identifier]) then
    local entries = app.name
    if others ~= "" then
      local returns = app.known[identifier] and not present  -- it was counted among the older ones
      local evicted
      entries, evicted = insert(others, app.node.time, app.name, app.node.tail)
      if returns or evicted then
        overflow = read_overflow(overflow_key)
        if returns then count_in_overflow(overflow, app.old_time, -1) end
        if evicted then count_in_overflow(overflow, read_struct(">I6", evicted), 1) end
        call("SET", overflow_key, pack(overflow), "PX", app.ttl)
      end
      present = not evicted or sub(evicted, 7, 17) ~= app.name
      if evicted and present then number = number - 1 end
    end
    call("SET", key, entries, "PX", app.ttl)
  end
  if others == "" then return NOBODY_ELSE end
  local fields = KINDS[byte(identifier)].links and 4 or 2
  local flat, count = read_entries(others, number, app.time, fields)
  local older, beyond = NOTHING, 0
  if number + (present and 1 or 0) >= PER_IDENTIFIER then
    local own_time = app.has[identifier] and not present and app.node.time
    older, beyond = overflow_counts(overflow or read_overflow(overflow_key), app.time, own_time)
  end
  return {flat = flat, fields = fields, count = count, older = older, beyond = beyond}
end

-- Everything that is written of an application, and what was read for it, in one go with what observe.lua will ask for.
-- {prefix, ttl, time, node, event, identifiers, device ("": none), subjects of sightings (a store last), sighting record of
-- the store or false, cents, keys of near hits}, the wire head of the node, applicant and channel, the wire form of the place.
local function take_in(request, head, tail, place)
  local app = take_up(request, head, tail, place)
  local prefix, identifiers, subjects = app.prefix, app.identifiers, request[8]

  local keys, role_at, list_at = {}, {}, {}
  for i, identifier in ipairs(identifiers) do keys[i] = prefix .. identifier end
  for i, identifier in ipairs(identifiers) do
    local role = KINDS[byte(identifier)].holders or KINDS[byte(identifier)].namers
    if role then
      keys[#keys + 1] = prefix .. role .. sub(identifier, 2)
      role_at[i] = #keys
    end
  end
  local of_identifiers = #keys
  for i, identifier in ipairs(identifiers) do
    local list = list_key(prefix, identifier)
    if list then
      keys[#keys + 1] = list
      list_at[i] = #keys
    end
  end
  local profile_at = {}
  for i, identifier in ipairs(identifiers) do
    if KINDS[byte(identifier)].entity then
      keys[#keys + 1] = prefix .. "E" .. identifier
      profile_at[i] = #keys
    end
  end
  local near_at = #keys
  for i, key in ipairs(request[11]) do keys[near_at + i] = near_key(prefix, key) end
  local last = #keys
  for i, subject in ipairs(subjects) do keys[last + i] = prefix .. "S" .. subject end
  keys[#keys + 1] = prefix .. "D" .. request[7]
  keys[#keys + 1] = prefix .. "R" .. request[5]
  keys[#keys + 1] = prefix .. "U" .. request[5]

  local values, alone, shared = mget(keys), {}, {}
  for i = 1, of_identifiers do
    local stored = values[i]
    if stored and #stored == NAME and stored ~= app.name then alone[#alone + 1] = stored end
  end
  load_nodes(app, alone)
  local profiles = {}
  for i, identifier in ipairs(identifiers) do
    shared[identifier] = visit(app, identifier, values[i], true)
    profiles[i] = profile_at[i] and meet(app, identifier, values[profile_at[i]], values[i])
  end

  local listed
  app.hits, listed, app.listings = look_up_lists(app, values, list_at)
  if app.fresh then
    app.node.listed = listed
    write_node(app.key, app.node, app.ttl)
  end
  local sightings = {}
  for i = 1, #subjects do
    local stored = values[last + i]
    if app.fresh and request[9] and i == #subjects then
      stored = put_stored_record(keys[last + i], stored, request[9], SIGHTINGS_PER_SUBJECT, app.ttl)
    end
    sightings[i] = stored or "\144"
  end
  app.near = look_up_near(app, request[11], values, near_at)
  app.values, app.role_at, app.shared, app.sightings, app.profiles = values, role_at, shared, sightings, profiles
  app.device, app.result, app.unsettled = unpack(values, #keys - 2, #keys)
  return app
end

-- The same without an answer, for a history that is told again. The request ends with the entries that were hit, as
-- `count_hit` takes them.
local function place_application(request, ...)
  local app = take_in(request, ...)
  if app.fresh then count_hits(app, request[12]) end
end
