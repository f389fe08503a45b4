-- One application goes into the index, and everything its decision needs comes out. Behind neighbourhood.lua.

local NOTHING = {0, 0, 0, 0, 0}
local NOBODY_ELSE = {flat = {}, fields = 2, count = 0, older = NOTHING, beyond = 0}
-- Most identifiers are nobody else's. The wire form of what is said of the speed of one: counts and applicants of one,
-- degree one, and no or five zero counts of the other role.
local ALONE = "\148\149\1\1\1\1\1\149\1\1\1\1\1\1\144"
local ALONE_IN_BOTH_ROLES = "\148\149\1\1\1\1\1\149\1\1\1\1\1\1\149\0\0\0\0\0"

-- Takes up the event into the application, which may have had events before. Returns the application.
local function take_up(request, head, tail, place)
  local prefix, ttl, time, name, event = unpack(request, 1, 5)
  local key = prefix .. "A" .. name
  local stored = call("GET", key)
  local node = read_node(stored)
  local fresh = put_record(node.events, {time, event}, EVENTS_PER_APPLICATION)
  local app = {prefix = prefix, ttl = ttl, time = time, name = name, key = key, node = node, fresh = fresh, nodes = {},
    applicant = read_struct(">I6", tail), channel = sub(tail, 7), identifiers = request[6], known = {}, has = {},
    latest = fresh and newer(time, event, node.time, node.event), old_time = node.time, resubmissions = 0}
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
  if app.latest then node.time, node.event, node.tail, node.head, node.place = time, event, tail, head, place end
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
  local overflow
  if place and app.fresh and (app.latest or not app.known[identifier]) then
    local entries = app.name
    if others ~= "" then
      entries = insert(others, app.node.time, app.name, app.node.tail)
      local returns = app.known[identifier] and not present  -- it was counted among the older ones
      local evicted = #entries > PER_IDENTIFIER * WIDTH and sub(entries, -WIDTH)
      if evicted then entries = sub(entries, 1, -WIDTH - 1) end
      if returns or evicted then
        overflow = read_overflow(overflow_key)
        if returns then count_in_overflow(overflow, app.old_time, -1) end
        if evicted then count_in_overflow(overflow, read_struct(">I6", evicted), 1) end
        call("SET", overflow_key, pack(overflow), "PX", app.ttl)
      end
      present = not evicted or sub(evicted, 7, 17) ~= app.name
      if evicted and present then others = sub(others, 1, -WIDTH - 1) end
    end
    call("SET", key, entries, "PX", app.ttl)
  end
  if others == "" then return NOBODY_ELSE end
  local fields = KINDS[byte(identifier)].links and 4 or 2
  local flat, count = read_entries(others, app.time, fields)
  local older, beyond = NOTHING, 0
  if #others / WIDTH + (present and 1 or 0) >= PER_IDENTIFIER then
    local own_time = app.has[identifier] and not present and app.node.time
    older, beyond = overflow_counts(overflow or read_overflow(overflow_key), app.time, own_time)
  end
  return {flat = flat, fields = fields, count = count, older = older, beyond = beyond}
end

-- Applications and distinct applicants per window, up to the application's time. `included` is 1 to count itself too.
local function windowed(app, shared, included)
  local counts, applicants, seen = {included, 0, 0, 0, 0}, {included, 0, 0, 0, 0}, {[app.applicant] = true}
  local flat, fields, time, window, width = shared.flat, shared.fields, app.time, 1, WINDOWS[1]
  local to_applicant = fields / 2
  for i = 1, fields * shared.count, fields do
    local age = time - flat[i]
    if age >= 0 then
      while age >= width do
        window = window + 1
        width = WINDOWS[window]
      end
      counts[window] = counts[window] + 1
      local applicant = flat[i + to_applicant]
      if not seen[applicant] then
        seen[applicant] = true
        applicants[window] = applicants[window] + 1
      end
    end
  end
  for i = 2, #WINDOWS do
    counts[i], applicants[i] = counts[i] + counts[i - 1], applicants[i] + applicants[i - 1]
  end
  for i = 1, #WINDOWS do counts[i] = counts[i] + shared.older[i] end
  return counts, applicants
end

-- The wire form of what Velocity says behind kind and token.
local function speed(app, shared, other)
  if shared == NOBODY_ELSE and (not other or other == NOBODY_ELSE) then return other and ALONE_IN_BOTH_ROLES or ALONE end
  local counts, applicants = windowed(app, shared, 1)
  local as_phone = "\144"
  if other then
    local _, others = windowed(app, other, 0)
    as_phone = write_counts(others)
  end
  return "\148" .. write_counts(counts) .. write_counts(applicants) .. pack(1 + shared.count + shared.beyond) .. as_phone
end

local function array(parts)
  local count = #parts
  return (count < 16 and char(144 + count) or write_struct(">BI2", 220, count)) .. concat(parts)
end

local function binary(value)
  return value and write_struct(">BI4", 198, #value) .. value or "\192"
end

-- {prefix, ttl, time, node, event, identifiers, device ("": none), subjects of sightings (a store last), sighting record of
-- the store or false}, the wire head of the node, applicant and channel, the wire form of the place. Returns the fields
-- of Python's `_Reply` as MessagePack.
local function observe(request, head, tail, place)
  local app = take_up(request, head, tail, place)
  local prefix, identifiers, node = app.prefix, app.identifiers, app.node
  local subjects, sighting = request[8], request[9]

  local keys, count, list_at, role_at = {}, #identifiers, {}, {}
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
  local last = #keys
  for i, subject in ipairs(subjects) do keys[last + i] = prefix .. "S" .. subject end
  keys[#keys + 1] = prefix .. "D" .. request[7]
  keys[#keys + 1] = prefix .. "R" .. request[5]
  keys[#keys + 1] = prefix .. "U" .. request[5]
  local values, shared, alone = mget(keys), {}, {}
  for i = 1, of_identifiers do
    local stored = values[i]
    if stored and #stored == NAME and stored ~= app.name then alone[#alone + 1] = stored end
  end
  load_nodes(app, alone)
  for i = 1, count do shared[identifiers[i]] = visit(app, identifiers[i], values[i], true) end

  local velocity, hits, sources, seen, truncated, reported = {}, {}, {}, {}, {}, {}
  local listed, applicant = false, nil
  for i, identifier in ipairs(identifiers) do
    local code, here = byte(identifier), shared[identifier]
    local kind, other = KINDS[code], nil
    if role_at[i] then
      local role = (kind.holders or kind.namers) .. sub(identifier, 2)
      other = shared[role] or visit(app, role, values[role_at[i]], false)
    end
    velocity[i] = speed(app, here, other)
    if here.beyond > 0 and not reported[kind] then
      reported[kind] = true
      truncated[#truncated + 1] = "identifier:" .. kind.name
    end

    if kind.links and not kind.holders then
      seen[identifier] = true
      if here ~= NOBODY_ELSE then sources[#sources + 1] = source(identifier, here, true) end
    end
    local contact = kind.holders and identifier or kind.namers and kind.namers .. sub(identifier, 2)
    if contact and not seen[contact] then
      seen[contact] = true
      local namers, holders = here, other
      if kind.namers then namers, holders = other, here end
      if namers.count > 0 or (kind.holders and (here ~= NOBODY_ELSE or other ~= NOBODY_ELSE)) then
        sources[#sources + 1] = source(contact, namers, true, holders)
      end
    end

    local stored = list_at[i] and values[list_at[i]]
    if stored then
      local entries = unpack_message(stored)
      for j = 1, #entries, 5 do
        if entries[j + 4] ~= "" and (entries[j + 3] == 0 or entries[j + 3] > app.time) then
          hits[#hits + 1] = "\153" .. kind.wire .. pack(sub(identifier, 2)) .. entries[j + 4]
        end
      end
      listed = listed or (kind.own == true and is_listed(entries, node.time))
    end
  end

  local around = {names = {}, wires = {}, position = {[app.name] = -1}, identifiers = {}, decisions = {}, leads_on = {},
    placed = {}, places = {}}
  local links = {}
  fetch(app, around, sources, 1)
  local further = sources_of_neighbours(app, around, seen)
  fetch(app, around, further, 2)
  add_links(app, around, sources, links)
  add_links(app, around, further, links)
  if around.cut then truncated[#truncated + 1] = "nodes" end

  for i = count, 1, -1 do
    if KINDS[byte(identifiers[i])].name == "id_number" then applicant = shared[identifiers[i]] end
  end
  if app.fresh then
    node.listed = listed
    write_node(app.key, node, app.ttl)
  end
  local sightings = {}
  for i = 1, #subjects do
    local stored = values[last + i]
    if app.fresh and sighting and i == #subjects then
      stored = put_stored_record(keys[last + i], stored, sighting, SIGHTINGS_PER_SUBJECT, app.ttl)
    end
    sightings[i] = stored or "\144"
  end
  return "\158" .. pack(not app.fresh) .. (app.gathered and pack(identifiers) or "\192") .. binary(values[#keys - 1]) .. binary(values[#keys]) .. pack(app.resubmissions)
    .. array(hits) .. array(velocity) .. (applicant and person(app, around, applicant) or "\192") .. array(around.wires) .. pack(links)
    .. (values[#keys - 2] or "\144") .. array(around.places) .. array(sightings) .. pack(truncated)
end
