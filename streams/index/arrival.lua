-- One application goes into the index. Behind profiles.lua.

-- Filled anew by each call, because tables that are made and grown for each application would be a tenth of the work:
-- the application; keys that are read; and by identifier its kind and where its own key is among them. Behind that one
-- come those of the same number in its other role, of its list entries, of its profile, as far as its kind has any.
local HERE = {app = {}, keys = {}, kinds = {}, at = {}}
local NONE = {}
local NEAR_FROM = 13  -- of a request: the buckets of near hits' keys are its last fields
local NOTHING = {0, 0, 0, 0, 0}
local NOBODY_ELSE = {flat = {}, count = 0, older = NOTHING, beyond = 0}

-- Takes up the event into the application, which may have had events before. Returns the application.
local function take_up(request, head, tail, place)
  local prefix, ttl, time, name, event = unpack(request, 1, 5)
  local key, given = prefix .. "A" .. name, split_identifiers(request[6], #request[6] / IDENTIFIER, 1)
  local stored = call("GET", key)
  local node = read_node(stored)
  local fresh = put_record(node.events, {time, event}, EVENTS_PER_APPLICATION)
  local app = HERE.app
  app.prefix, app.ttl, app.time, app.name, app.key, app.node, app.nodes = prefix, ttl, time, name, key, node, {}
  app.applicant, app.channel, app.identifiers = read_struct(">I6", tail), sub(tail, 7), given
  app.fresh, app.latest = fresh, fresh and newer(time, event, node.time, node.event)
  app.known, app.gathered, app.resubmissions, app.old_time, app.written = NONE, false, 0, node.time, 0
  if stored then
    app.before, app.known = member_of(node), {}
    for i, record in ipairs(node.events) do
      if record[2] == event then app.resubmissions = #node.events - i end
    end
    local mine, identifiers, has = node.identifiers, {}, {}
    for _, identifier in ipairs(mine) do app.known[identifier] = true end
    for _, identifier in ipairs(given) do
      if fresh and not app.known[identifier] and #mine < IDENTIFIERS_PER_APPLICATION then
        mine[#mine + 1] = identifier
      end
    end
    for _, identifier in ipairs(mine) do has[identifier] = true end
    for _, identifier in ipairs(given) do
      if has[identifier] then identifiers[#identifiers + 1], has[identifier] = identifier, "now" end
    end
    app.gathered = #identifiers < #given or #mine > #given
    for _, identifier in ipairs(mine) do  -- what it had in earlier events is its own still
      if has[identifier] ~= "now" then identifiers[#identifiers + 1] = identifier end
    end
    app.identifiers = identifiers
  else
    node.identifiers = given
  end
  if app.latest then
    node.time, node.event, node.tail, node.head, node.place, node.cents = time, event, tail, head, place, request[10]
  end
  app.now = member_of(node)
  return app
end

-- Puts the application among those of an identifier when `place`, and returns what the identifier has besides it.
-- `stored` is what is stored under `key`, false when nothing is.
local function visit(app, identifier, key, stored, place)
  local others, present
  local known = app.known[identifier]
  local changes = place and app.fresh and (app.latest or not known)
  if not stored or stored == app.name then
    if changes then put(app, key, app.name) end
    return NOBODY_ELSE
  elseif #stored == NAME then
    others, present = entry_of(stored, app.nodes[stored]), false
  else
    others, present = without(stored, app.name)
  end
  local number, overflow = #others / WIDTH
  if changes then
    local entries = app.name
    if others ~= "" then
      local returns = known and not present  -- it was counted among the older ones
      local evicted
      entries, evicted = insert(others, app.node.time, app.name, app.node.tail)
      if returns or evicted then
        local overflow_key = app.prefix .. "O" .. identifier
        overflow = read_overflow(overflow_key)
        if returns then count_in_overflow(overflow, app.old_time, -1) end
        if evicted then count_in_overflow(overflow, read_struct(">I6", evicted), 1) end
        put(app, overflow_key, pack(overflow))
      end
      present = not evicted or sub(evicted, 7, 17) ~= app.name
      if evicted and present then number = number - 1 end
    end
    put(app, key, entries)
  end
  if others == "" then return NOBODY_ELSE end
  local flat, count = read_entries(others, number, app.time, KINDS[byte(identifier)].links or false)
  local older, beyond = NOTHING, 0
  if number + (present and 1 or 0) >= PER_IDENTIFIER then
    local own_time = place and not present and app.node.time
    older, beyond = overflow_counts(overflow or read_overflow(app.prefix .. "O" .. identifier), app.time, own_time)
  end
  return {flat = flat, count = count, older = older, beyond = beyond}
end

-- Everything that is written of an application, and what was read for it, in one go with what observe.lua will ask for.
-- {prefix, ttl, time, node, event, identifiers, device ("": none), subjects of sightings (a store last), sighting record of
-- the store or false, cents, entries hit (see `place_application`), keys of near hits, the key of each one's bucket
-- ...}; the wire head of the node, applicant and channel, the wire form of the place. Identifiers and subjects stand one
-- behind the other, and so do keys of near hits, each ended by a line break.
local function take_in(request, head, tail, place)
  local app = take_up(request, head, tail, place)
  local prefix, name, identifiers, fresh = app.prefix, app.name, app.identifiers, app.fresh
  local keys, kinds, at, last = HERE.keys, HERE.kinds, HERE.at, 0
  for i = 1, #identifiers do
    local identifier = identifiers[i]
    local kind = KINDS[byte(identifier)]
    last = last + 1
    kinds[i], at[i], keys[last] = kind, last, prefix .. identifier
    if kind.role then
      last = last + 1
      keys[last] = prefix .. kind.role .. sub(identifier, 2)
    end
    if kind.listed then
      last = last + 1
      keys[last] = prefix .. "L" .. kind.listed .. sub(identifier, 2, 1 + LIST_BUCKET)
    end
    if kind.entity then
      last = last + 1
      keys[last] = prefix .. "E" .. identifier
    end
  end
  local near_at = last + 1
  for i = NEAR_FROM, #request do
    last = last + 1
    keys[last] = request[i]
  end
  local seen_at, subjects = last, #request[8] / IDENTIFIER
  for i = 1, subjects do keys[last + i] = prefix .. "S" .. sub(request[8], 1 + IDENTIFIER * (i - 1), IDENTIFIER * i) end
  last = last + subjects
  keys[last + 1], keys[last + 2] = prefix .. "D" .. request[7], prefix .. "R" .. request[5]

  local values, alone = mget(keys, last + 2), {}
  for i = 1, #identifiers do
    local stored = values[at[i]]
    if stored and #stored == NAME and stored ~= name then alone[#alone + 1] = stored end
    stored = kinds[i].role and values[at[i] + kinds[i].role_at]
    if stored and #stored == NAME and stored ~= name then alone[#alone + 1] = stored end
  end
  load_nodes(app, alone)
  local shared, profiles = {}, {}
  app.keys, app.values, app.kinds, app.at, app.shared, app.profiles = keys, values, kinds, at, shared, profiles
  for i = 1, #identifiers do
    local identifier, first, kind = identifiers[i], at[i], kinds[i]
    local stored = values[first]
    local others = stored and stored ~= name
    if others then
      shared[i] = visit(app, identifier, keys[first], stored, true)
    else
      shared[i] = NOBODY_ELSE
      if fresh and (app.latest or not app.known[identifier]) then
        local end_of = app.written  -- `put`, without the call
        WRITES[end_of + 1], WRITES[end_of + 2], app.written = keys[first], name, end_of + 2
      end
    end
    local profile = kind.entity and values[first + kind.profile_at]
    profiles[i] = (profile or (kind.entity and others)) and meet(app, identifier, profile, stored)
  end

  local listed
  app.hits, listed, app.listings = look_up_lists(app, values)
  if fresh then
    app.node.listed = listed
    put(app, app.key, stored_node(app.node))
  end
  local sightings = {}
  for i = 1, subjects do
    local key, stored, more = keys[seen_at + i], values[seen_at + i], false
    if fresh and request[9] and i == subjects then
      stored, more = put_stored_record(stored, request[9], SIGHTINGS_PER_SUBJECT)
      if more then put(app, key, stored) end
    end
    sightings[i] = stored or "\144"
  end
  set_all(WRITES, app.written, app.ttl)
  if fresh and app.node.ring then member_changed(prefix, name, app.node, app.ttl) end
  app.near = look_up_near(app, request[12], values, near_at, seen_at)
  app.sightings = sightings
  app.device, app.result = values[last + 1], values[last + 2]
  app.unsettled = app.result and call("GET", prefix .. "U" .. request[5])
  return app
end

-- The same without an answer, for a history that is told again. Counted are the entries that were hit when it was told
-- first, as `count_hits` takes them.
local function place_application(request, ...)
  local app = take_in(request, ...)
  if app.fresh then count_hits(app, request[11]) end
end
