-- What is remembered of an entity over all its applications: models/entities.py, whose rules these are, on packed bytes.
-- Behind neighbourhood.lua.
--
-- A member is an application as it counts: {time, cents (NO_CENTS: none told), label, usual}. A profile is stored for an
-- entity that two applications or more have had; that of one is made of the application's node when it is asked for.

-- Newest day, applications, cents, known frauds, known honest; the number of days, bins, recent, labelled, known frauds.
local PROFILE, PROFILE_SIZE = ">I2I4I8I4I4BI2BBB", 28
local ONE_DAY, DAY_SIZE = ">I2I4I8I4I4", 22  -- day, applications, cents, known frauds, known honest; newest first
local ONE_BIN, BIN_SIZE = ">I2I4", 6  -- bin, applications; smallest first
local RECENT, RECENT_SIZE = ">I4I8", 12  -- second, cents; newest first
local LABELLED, LABELLED_SIZE = ">I4B", 5  -- second, code; newest first

local function read_profile(stored)
  if not stored then
    return {newest = 0, applications = 0, cents = 0, frauds = 0, honest = 0, days = "", bins = "", recent = "",
      labelled = "", known_frauds = ""}
  end
  local newest, applications, cents, frauds, honest, days, bins, recent, labelled = read_struct(PROFILE, stored)
  local to_bins = PROFILE_SIZE + DAY_SIZE * days
  local to_recent = to_bins + BIN_SIZE * bins
  local to_labelled = to_recent + RECENT_SIZE * recent
  local to_frauds = to_labelled + LABELLED_SIZE * labelled
  return {newest = newest, applications = applications, cents = cents, frauds = frauds, honest = honest,
    days = sub(stored, PROFILE_SIZE + 1, to_bins), bins = sub(stored, to_bins + 1, to_recent),
    recent = sub(stored, to_recent + 1, to_labelled), labelled = sub(stored, to_labelled + 1, to_frauds),
    known_frauds = sub(stored, to_frauds + 1)}
end

local function write_profile(profile)
  local days, bins, recent, labelled, known = profile.days, profile.bins, profile.recent, profile.labelled,
    profile.known_frauds
  return write_struct(PROFILE, profile.newest, profile.applications, profile.cents, profile.frauds, profile.honest,
    #days / DAY_SIZE, #bins / BIN_SIZE, #recent / RECENT_SIZE, #labelled / LABELLED_SIZE, #known / LABELLED_SIZE)
    .. days .. bins .. recent .. labelled .. known
end

-- Changes what is counted on a day; takes off the days that the newest one has left behind, and one without applications.
local function change_day(profile, day, applications, cents, frauds, honest)
  local days, oldest = profile.days, profile.newest - DAYS_KEPT
  while days ~= "" and read_struct(">I2", days, #days - DAY_SIZE + 1) <= oldest do days = sub(days, 1, -DAY_SIZE - 1) end
  if day > oldest then
    local at, size, here = 1, #days
    while at < size do
      here = read_struct(">I2", days, at)
      if here <= day then break end
      at = at + DAY_SIZE
    end
    local behind = at
    if here == day then
      local _, a, c, f, h = read_struct(ONE_DAY, days, at)
      applications, cents, frauds, honest = a + applications, c + cents, f + frauds, h + honest
      behind = at + DAY_SIZE
    end
    local changed = applications ~= 0 and write_struct(ONE_DAY, day, applications, cents, frauds, honest) or ""
    days = sub(days, 1, at - 1) .. changed .. sub(days, behind)
  end
  profile.days = days
end

-- The bin of an amount: see `amount_bin`.
local function bin_of(cents)
  local share, octave = frexp(max(cents, 1))  -- half to one, times a power of two
  local steps = 2 * BINS_PER_OCTAVE * share
  return BINS_PER_OCTAVE * (octave - 1) + steps - steps % 1 - BINS_PER_OCTAVE
end

-- Where the record of that width that begins so stands; nil when it does not.
local function find_record(records, width, beginning)
  local at = find(records, beginning, 1, true)
  while at and at % width ~= 1 do at = find(records, beginning, at + 1, true) end
  return at
end

local function change_bin(profile, cents, change)
  local bins, bin = profile.bins, bin_of(cents)
  local at = find_record(bins, BIN_SIZE, write_struct(">I2", bin))
  local behind
  if at then
    local _, count = read_struct(ONE_BIN, bins, at)
    change, behind = count + change, at + BIN_SIZE
  else
    at = 1
    while at < #bins and read_struct(">I2", bins, at) < bin do at = at + BIN_SIZE end
    behind = at
  end
  profile.bins = sub(bins, 1, at - 1) .. (change ~= 0 and write_struct(ONE_BIN, bin, change) or "") .. sub(bins, behind)
end

-- Pairs {second, value}, newest first, then the larger value first, with another one, no more than `most`.
local function with_pair(pairs, format, width, second, value, most)
  local at, size = 1, #pairs
  while at < size do
    local here, other = read_struct(format, pairs, at)
    if here < second or (here == second and other <= value) then break end
    at = at + width
  end
  if at > width * most then return pairs end
  return sub(sub(pairs, 1, at - 1) .. write_struct(format, second, value) .. sub(pairs, at), 1, width * most)
end

-- The pairs without one of these, if there is any.
local function without_pair(pairs, width, pair)
  local at = find_record(pairs, width, pair)
  return at and sub(pairs, 1, at - 1) .. sub(pairs, at + width) or pairs
end

-- Puts a member's label in (`sign` 1) or takes it out (-1).
local function count_label(profile, member, sign)
  local time, cents, label, usual = unpack(member)
  if label == "-" then return end
  local second, code = (time - time % 1000) / 1000, usual
  local fraud, honest = 0, sign
  if label == "f" then
    code, fraud, honest = code + FRAUD_CODE, sign, 0
    if sign > 0 then
      profile.known_frauds = with_pair(profile.known_frauds, LABELLED, LABELLED_SIZE, second, code, FRAUDS_KEPT)
    else
      profile.known_frauds = without_pair(profile.known_frauds, LABELLED_SIZE, write_struct(LABELLED, second, code))
    end
  end
  if sign > 0 then
    profile.labelled = with_pair(profile.labelled, LABELLED, LABELLED_SIZE, second, code, LABELLED_KEPT)
  else
    profile.labelled = without_pair(profile.labelled, LABELLED_SIZE, write_struct(LABELLED, second, code))
  end
  local told = cents ~= NO_CENTS
  local less = told and fraud * cents or 0
  profile.cents, profile.frauds, profile.honest = profile.cents - less, profile.frauds + fraud, profile.honest + honest
  change_day(profile, (time - time % DAY) / DAY, 0, -less, fraud, honest)
  if told and fraud ~= 0 then change_bin(profile, cents, -fraud) end
end

-- Puts a member in (`sign` 1) or takes it out (-1), with its label.
local function count_member(profile, member, sign)
  if sign < 0 then count_label(profile, member, sign) end
  local time, cents = member[1], member[2]
  local day = (time - time % DAY) / DAY
  profile.newest = max(profile.newest, day)
  local told = cents ~= NO_CENTS
  local more = told and sign * cents or 0
  profile.applications, profile.cents = profile.applications + sign, profile.cents + more
  change_day(profile, day, sign, more, 0, 0)
  if told then
    local second = (time - time % 1000) / 1000
    change_bin(profile, cents, sign)
    if sign > 0 then
      profile.recent = with_pair(profile.recent, RECENT, RECENT_SIZE, second, cents, RECENT_KEPT)
    else
      profile.recent = without_pair(profile.recent, RECENT_SIZE, write_struct(RECENT, second, cents))
    end
  end
  if sign > 0 then count_label(profile, member, sign) end
end

-- The profile with one more member. Mostly it is the newest of all, on a day and with an amount in a bin that are there:
-- then as few strings are made as can be, because each is hashed in whole.
local function with_member(stored, member)
  local time, cents = member[1], member[2]
  local day, second = (time - time % DAY) / DAY, (time - time % 1000) / 1000
  local newest, applications, sum, frauds, honest, days, bins, recent, labelled, known = read_struct(PROFILE, stored)
  local to_bins = PROFILE_SIZE + DAY_SIZE * days
  local to_recent = to_bins + BIN_SIZE * bins
  if day == newest and member[3] == "-" and cents ~= NO_CENTS and days > 0 and recent > 0
      and second > read_struct(">I4", stored, to_recent + 1) then
    local here, a, c, f, h = read_struct(ONE_DAY, stored, PROFILE_SIZE + 1)
    local bin = write_struct(">I2", bin_of(cents))
    local at = find(stored, bin, to_bins + 1, true)
    while at and (at - to_bins) % BIN_SIZE ~= 1 do at = find(stored, bin, at + 1, true) end
    if here == day and at and at < to_recent then
      local kept = min(recent, RECENT_KEPT - 1)
      return write_struct(PROFILE, newest, applications + 1, sum + cents, frauds, honest, days, bins, kept + 1, labelled, known)
        .. write_struct(ONE_DAY, day, a + 1, c + cents, f, h) .. sub(stored, PROFILE_SIZE + DAY_SIZE + 1, at + 1)
        .. write_struct(">I4", read_struct(">I4", stored, at + 2) + 1) .. sub(stored, at + BIN_SIZE, to_recent)
        .. write_struct(RECENT, second, cents) .. sub(stored, to_recent + 1, to_recent + RECENT_SIZE * kept)
        .. sub(stored, to_recent + RECENT_SIZE * recent + 1)
    end
  end
  local profile = read_profile(stored)
  count_member(profile, member, 1)
  return write_profile(profile)
end

-- How a node counts. Of its amount, the decision's word stands before the label's.
local function member_of(node)
  return {node.time, node.cents, node.label, node.usual ~= UNKNOWN and node.usual or node.label_usual}
end

-- What is written of an application goes out in one go: keys and values, `app.written` of them.
local WRITES = {}
local function put(app, key, value)
  local at = app.written
  WRITES[at + 1], WRITES[at + 2], app.written = key, value, at + 2
end

-- The profile of an identifier without the application, packed; false when nothing else is known of it. The one with it is
-- kept. `stored` is the profile, `members` the applications, both as they were before this event.
local function meet(app, identifier, stored, members)
  local was_in, base = app.known[identifier], stored
  if not stored then
    local other = members and #members == NAME and members ~= app.name and app.nodes[members]
    if not is_observed(other) then return false end
    local profile = read_profile(nil)
    count_member(profile, member_of(read_node(other)), 1)
    base = write_profile(profile)
  elseif was_in then
    local profile = read_profile(stored)
    count_member(profile, app.before, -1)
    base = write_profile(profile)
  end
  if app.fresh and (app.latest or not was_in) then
    put(app, app.prefix .. "E" .. identifier, with_member(base, app.now))
  end
  return read_struct(">xxI4", base) > 0 and base
end

-- The label of a node, or what is known of its amount, has changed: it counted as `before`.
local function recount(prefix, ttl, node, before)
  local now = member_of(node)
  if before[3] == now[3] and (now[3] == "-" or before[4] == now[4]) then return end
  local keys, writes = {}, {}
  for _, identifier in ipairs(node.identifiers) do
    if KINDS[byte(identifier)].entity then keys[#keys + 1] = prefix .. "E" .. identifier end
  end
  for i, stored in ipairs(mget(keys)) do
    if stored then
      local profile = read_profile(stored)
      count_label(profile, before, -1)
      count_label(profile, now, 1)
      writes[#writes + 1], writes[#writes + 2] = keys[i], write_profile(profile)
    end
  end
  set_all(writes, #writes, ttl)
end
