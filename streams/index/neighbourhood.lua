-- Who is around an application and what links them. Behind storage.lua.
--
-- `app` is the application being observed, `shared` what one of its identifiers has: the other applications as a flat
-- table (see `read_entries`) newest first, their number, and the counts of those beyond the newest.
-- A `source` is an identifier as a possible link; `around` is the neighbourhood as it grows.

-- The wire form of five counts; most are small enough to be written without the packer.
local function write_counts(counts)
  return counts[#WINDOWS] < 128 and "\149" .. char(unpack(counts)) or pack(counts)
end

local function array(parts)
  local count = #parts
  return count == 0 and "\144" or array_of(count) .. concat(parts)
end

local function binary(value)
  return value and write_struct(">BI4", 198, #value) .. value or "\192"
end

-- Fetches the nodes of these names into `app.nodes`, each once; false where there is none.
local function load_nodes(app, names)
  if #names == 0 then return end
  local missing, keys = {}, {}
  local nodes = app.nodes
  for i = 1, #names do
    local name = names[i]
    if nodes[name] == nil then
      nodes[name] = false
      missing[#missing + 1], keys[#keys + 1] = name, app.prefix .. "A" .. name
    end
  end
  local values = mget(keys)
  for i = 1, #missing do nodes[missing[i]] = values[i] end
end

-- An identifier as a possible link. A number that somebody names as a contact's links who names it with who has it.
local function source(identifier, shared, own, holders)
  local flat, count, degree = shared.flat, shared.count, shared.beyond + (own and 1 or 0)
  if holders and holders.count > 0 then
    local both, seen = {}, {}
    for i = 1, 4 * count do both[i] = flat[i] end
    for i = 2, 4 * count, 4 do seen[flat[i]] = true end
    for i = 1, 4 * holders.count, 4 do
      if not seen[holders.flat[i + 1]] then
        for j = 1, 4 do both[4 * count + j] = holders.flat[i + j - 1] end
        count = count + 1
      end
    end
    flat = both
  end
  if holders then degree = degree + holders.beyond end
  degree = degree + count
  local kind = KINDS[byte(identifier)]
  return {kind = kind, token = sub(identifier, 2), flat = flat, count = count, degree = degree,
    own = own, walked = degree <= CROWD or (own and not kind.weak), leads_on = degree <= CROWD and not kind.weak}
end

-- Fetches the applications behind the sources that are not there yet, as neighbours of that hop.
local function fetch(app, around, sources, hop)
  local names, times, position = {}, {}, around.position
  for _, link in ipairs(sources) do
    if link.walked then
      local flat = link.flat
      local leads_on, placed = link.leads_on and around.leads_on, link.kind.placed and around.placed
      for i = 1, 4 * link.count, 4 do
        local name = flat[i + 1]
        if not position[name] and not times[name] then
          names[#names + 1], times[name] = name, flat[i]
        end
        if leads_on then leads_on[name] = true end
        if placed then placed[name] = true end
      end
    end
  end
  local room = NODES_MAX - #around.names
  if #names > room then
    around.cut = true
    sort(names, function(a, b) return newer(times[a], a, times[b], b) end)
    for i = #names, room + 1, -1 do names[i] = nil end
  end
  load_nodes(app, names)
  for i = 1, #names do
    local name = names[i]
    local stored = app.nodes[name]
    if is_observed(stored) then
      local count = #around.names
      around.names[count + 1], around.wires[count + 1] = name, neighbour(stored, char(hop))
      around.position[name] = count
      if hop == 1 and around.placed[name] then
        local place = place_of(stored)
        if place ~= "" then around.places[#around.places + 1] = "\146" .. pack(count) .. place end
      end
    end
  end
end

local function identifiers_of(app, around, name)
  local identifiers = around.identifiers[name]
  if not identifiers then
    identifiers, around.decisions[name] = read_identifiers(app.nodes[name])
    around.identifiers[name] = identifiers
  end
  return identifiers
end

-- What the hop-1 neighbours share with others still, besides what the application has itself.
local function sources_of_neighbours(app, around)
  if not next(around.leads_on) then return {} end
  local wanted, keys, seen = {}, {}, {}
  for i, identifier in ipairs(app.identifiers) do
    local kind = app.kinds[i]
    if kind.hop_two then seen[identifier] = true end
    if kind.namers then seen[kind.namers .. sub(identifier, 2)] = true end
  end
  local function want(identifier)
    if seen[identifier] then return end
    seen[identifier] = true
    wanted[#wanted + 1], keys[#keys + 1] = identifier, app.prefix .. identifier
    if KINDS[byte(identifier)].holders then
      keys[#keys + 1] = app.prefix .. KINDS[byte(identifier)].holders .. sub(identifier, 2)
    end
  end
  for _, name in ipairs(around.names) do
    if around.leads_on[name] then
      for _, identifier in ipairs(identifiers_of(app, around, name)) do
        local kind = KINDS[byte(identifier)]
        if kind.hop_two then want(identifier) end
        if kind.namers then want(kind.namers .. sub(identifier, 2)) end
      end
    end
  end

  local values, at, found, names, sources = mget(keys), 0, {}, {}, {}
  for _, identifier in ipairs(wanted) do
    local role = KINDS[byte(identifier)].holders
    at = at + (role and 2 or 1)
    local mine, theirs = values[role and at - 1 or at] or "", role and values[at] or ""
    if mine ~= "" and #mine + #theirs > NAME then  -- one application alone is the neighbour itself
      found[#found + 1] = {identifier, mine, role and role .. sub(identifier, 2), theirs}
      if #mine == NAME then names[#names + 1] = mine end
      if #theirs == NAME then names[#names + 1] = theirs end
    end
  end
  load_nodes(app, names)

  local function read(identifier, stored)
    if #stored == NAME then stored = entry_of(stored, app.nodes[stored]) end
    local flat, count = read_entries(stored, #stored / WIDTH, app.time, true)
    local shared = {flat = flat, count = count, beyond = 0}
    if #stored >= PER_IDENTIFIER * WIDTH then
      local _, beyond = overflow_counts(read_overflow(app.prefix .. "O" .. identifier), app.time)
      shared.beyond = beyond
    end
    return shared
  end
  for _, each in ipairs(found) do
    local shared, holders = read(each[1], each[2]), each[3] and read(each[3], each[4])
    if shared.count > 0 then sources[#sources + 1] = source(each[1], shared, false, holders) end
  end
  return sources
end

-- The sources that connect two or more of the neighbourhood, and the crowded ones that were left alone.
local function add_links(app, around, sources, links)
  for _, found in ipairs(sources) do
    local flat, members, channels = found.flat, {}, {}
    if found.own then members[1], channels[CHANNELS[app.channel]] = -1, 1 end
    for i = 1, 4 * found.count, 4 do
      local channel, position = CHANNELS[flat[i + 3]], around.position[flat[i + 1]]
      channels[channel] = (channels[channel] or 0) + 1
      if position then members[#members + 1] = position end
    end
    if #members > 1 or (found.own and not found.walked) then
      links[#links + 1] = {found.kind.name, found.token, found.degree, channels, members}
    end
  end
end

-- What one person used: the wire form of PersonCounts.
local function person(app, around, shared)
  if shared.count == 0 then  -- as of most
    local used = {0, 0, 0, 0, 0, 0}
    for i = 1, #app.identifiers do
      local at = app.kinds[i].person
      if at then used[at] = used[at] + 1 end
    end
    if max(unpack(used)) == 1 then
      for i = 1, 6 do used[i] = used[i] == 0 and "\149\0\0\0\0\0" or "\149\1\1\1\1\1" end
      return "\150" .. concat(used)
    end
  end
  local counts, seen = {}, {}
  for i = 1, 6 do counts[i], seen[i] = {0, 0, 0, 0, 0}, {} end
  local function use(identifiers, window)
    for _, identifier in ipairs(identifiers) do
      local at = KINDS[byte(identifier)].person
      if at and not seen[at][identifier] then
        seen[at][identifier] = true
        counts[at][window] = counts[at][window] + 1
      end
    end
  end
  use(app.identifiers, 1)
  local window = 1
  for i = 1, 4 * shared.count, 4 do
    local age, name = app.time - shared.flat[i], shared.flat[i + 1]
    if age >= 0 and around.position[name] then
      while age >= WINDOWS[window] do window = window + 1 end
      use(identifiers_of(app, around, name), window)
      if around.decisions[name] == "r" then counts[6][window] = counts[6][window] + 1 end
    end
  end
  for i = 1, 6 do
    for j = 2, #WINDOWS do counts[i][j] = counts[i][j] + counts[i][j - 1] end
    counts[i] = write_counts(counts[i])
  end
  return "\150" .. concat(counts)
end
