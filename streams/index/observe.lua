-- Everything that an application's decision needs comes out. Behind arrival.lua.

-- Most identifiers are nobody else's. The wire form of what is said of the speed of one: counts and applicants of one,
-- degree one, and no or five zero counts of the other role.
local ALONE = "\148\149\1\1\1\1\1\149\1\1\1\1\1\1\144"
local ALONE_IN_BOTH_ROLES = "\148\149\1\1\1\1\1\149\1\1\1\1\1\1\149\0\0\0\0\0"

local windowed
do
  -- Applicants that were counted lie in slots by their number, marked by the count that they were seen in: a table made
  -- for each count would grow seven times.
  local SLOTS = 251  -- several times as many as an identifier has applications
  local COUNTED = {applicants = {}, marks = {}, mark = 0}
  for slot = 1, SLOTS do COUNTED.applicants[slot], COUNTED.marks[slot] = 0, 0 end

  -- Applications and distinct applicants per window, up to the application's time. `included` is 1 to count itself too.
  function windowed(app, shared, included)
    local counts, applicants, total, people = {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, included, included
    local flat, time, window, width, own = shared.flat, app.time, 1, WINDOWS[1], app.applicant
    local seen, marks, mark = COUNTED.applicants, COUNTED.marks, COUNTED.mark + 1
    COUNTED.mark = mark
    for i = 1, 4 * shared.count, 4 do
      local age = time - flat[i]
      if age >= 0 then
        while age >= width do
          counts[window], applicants[window], window = total, people, window + 1
          width = WINDOWS[window]
        end
        total = total + 1
        local applicant = flat[i + 2]
        local slot = applicant % SLOTS + 1
        while marks[slot] == mark and seen[slot] ~= applicant do slot = slot % SLOTS + 1 end
        if marks[slot] ~= mark then
          seen[slot], marks[slot] = applicant, mark
          if applicant ~= own then people = people + 1 end
        end
      end
    end
    for i = window, #WINDOWS do counts[i], applicants[i] = total, people end
    for i = 1, #WINDOWS do counts[i] = counts[i] + shared.older[i] end
    return counts, applicants
  end
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
  local degree = 1 + shared.count + shared.beyond
  return "\148" .. write_counts(counts) .. write_counts(applicants)
    .. (degree < 128 and char(degree) or pack(degree)) .. as_phone
end

local NOBODY_AROUND = {names = {}, wires = {}, places = {}}

-- What `take_in` takes. Returns the fields of Python's `_Reply` as MessagePack.
local function observe(...)
  local app = take_in(...)
  if app.fresh then count_hits(app, app.listings) end
  local identifiers, kinds, shared, values = app.identifiers, app.kinds, app.shared, app.values
  local velocity, sources, truncated, reported, contacts = {}, {}, {}, {}, {}
  local applicant
  for i = 1, #identifiers do
    local identifier, here, kind = identifiers[i], shared[i], kinds[i]
    local role_at = kind.role and app.at[i] + kind.role_at
    local in_role = role_at and values[role_at]
    if here == NOBODY_ELSE and (not in_role or in_role == app.name) then
      velocity[i] = role_at and ALONE_IN_BOTH_ROLES or ALONE
    else
      local role, other
      if role_at then
        role = kind.role .. sub(identifier, 2)
        for j = 1, #identifiers do
          if identifiers[j] == role then other = shared[j] end
        end
        other = other or visit(app, role, app.keys[role_at], in_role, false)
      end
      velocity[i] = speed(app, here, other)
      if here.beyond > 0 and not reported[kind] then
        reported[kind] = true
        truncated[#truncated + 1] = "identifier:" .. kind.name
      end
      if kind.links and not kind.holders and here ~= NOBODY_ELSE then
        sources[#sources + 1] = source(identifier, here, true)
      end
      local contact = kind.holders and identifier or role
      if contact and not contacts[contact] then
        contacts[contact] = true
        local namers, holders = here, other
        if kind.namers then namers, holders = other, here end
        if namers.count > 0 or (kind.holders and (here ~= NOBODY_ELSE or other ~= NOBODY_ELSE)) then
          sources[#sources + 1] = source(contact, namers, true, holders)
        end
      end
    end
    if kind.name == "id_number" then applicant = applicant or here end
  end

  local around, links = NOBODY_AROUND, "\144"
  if #sources > 0 then
    around = {names = {}, wires = {}, position = {[app.name] = -1}, identifiers = {}, decisions = {}, leads_on = {},
      placed = {}, places = {}}
    local found = {}
    fetch(app, around, sources, 1)
    local further = sources_of_neighbours(app, around)
    fetch(app, around, further, 2)
    add_links(app, around, sources, found)
    add_links(app, around, further, found)
    links = pack(found)
  end
  if around.cut then truncated[#truncated + 1] = "nodes" end
  local rings, more = rings_around(app, around)
  if more then truncated[#truncated + 1] = "rings" end

  local answer = {"\220\0\17", LISTED[not app.fresh], app.gathered and pack(identifiers) or "\192", binary(app.result),
    binary(app.unsettled), pack(app.resubmissions), array(app.hits), array(velocity),
    applicant and person(app, around, applicant) or "\192", array(around.wires), links, app.device or "\144",
    array(around.places), array(app.sightings), pack(truncated), array(app.near), rings, ""}
  local at, profiles = #answer, 0
  for i = 1, #identifiers do
    local profile = app.profiles[i]
    if profile then  -- long, and copied once only
      answer[#answer + 1], profiles = write_struct(">BBBI4", 146, i - 1, 198, #profile), profiles + 1
      answer[#answer + 1] = profile
    end
  end
  answer[at] = write_struct(">BI2", 220, profiles)
  return concat(answer)
end
