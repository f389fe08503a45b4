-- Everything that an application's decision needs comes out. Behind arrival.lua.

-- Most identifiers are nobody else's. The wire form of what is said of the speed of one: counts and applicants of one,
-- degree one, and no or five zero counts of the other role.
local ALONE = "\148\149\1\1\1\1\1\149\1\1\1\1\1\1\144"
local ALONE_IN_BOTH_ROLES = "\148\149\1\1\1\1\1\149\1\1\1\1\1\1\149\0\0\0\0\0"

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

-- What `take_in` takes. Returns the fields of Python's `_Reply` as MessagePack.
local function observe(...)
  local app = take_in(...)
  if app.fresh then count_hits(app, app.listings) end
  local identifiers, shared = app.identifiers, app.shared
  local velocity, sources, seen, truncated, reported = {}, {}, {}, {}, {}
  local applicant
  for i, identifier in ipairs(identifiers) do
    local here, kind, other = shared[identifier], KINDS[byte(identifier)], nil
    local role = app.role_at[i] and (kind.holders or kind.namers) .. sub(identifier, 2)
    if role then other = shared[role] or visit(app, role, app.values[app.role_at[i]], false) end
    velocity[i] = speed(app, here, other)
    if here.beyond > 0 and not reported[kind] then
      reported[kind] = true
      truncated[#truncated + 1] = "identifier:" .. kind.name
    end

    if kind.links and not kind.holders then
      seen[identifier] = true
      if here ~= NOBODY_ELSE then sources[#sources + 1] = source(identifier, here, true) end
    end
    local contact = kind.holders and identifier or kind.namers and role
    if contact and not seen[contact] then
      seen[contact] = true
      local namers, holders = here, other
      if kind.namers then namers, holders = other, here end
      if namers.count > 0 or (kind.holders and (here ~= NOBODY_ELSE or other ~= NOBODY_ELSE)) then
        sources[#sources + 1] = source(contact, namers, true, holders)
      end
    end
    if kind.name == "id_number" then applicant = applicant or here end
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
  local rings, more = rings_around(app, around)
  if more then truncated[#truncated + 1] = "rings" end

  local answer = {"\220\0\17", pack(not app.fresh), app.gathered and pack(identifiers) or "\192", binary(app.result),
    binary(app.unsettled), pack(app.resubmissions), array(app.hits), array(velocity),
    applicant and person(app, around, applicant) or "\192", array(around.wires), pack(links), app.device or "\144",
    array(around.places), array(app.sightings), pack(truncated), array(app.near), rings, ""}
  local at, profiles = #answer, 0
  for i = 1, #identifiers do
    local profile = app.profiles[i]
    if profile then  -- long, and copied once only
      answer[#answer + 1], profiles = "\146" .. pack(i - 1) .. write_struct(">BI4", 198, #profile), profiles + 1
      answer[#answer + 1] = profile
    end
  end
  answer[at] = write_struct(">BI2", 220, profiles)
  return concat(answer)
end
