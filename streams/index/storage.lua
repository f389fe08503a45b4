-- How applications, identifiers and lists are stored, and the small change of it. library.py puts the constants in
-- front and the other files behind; layout.py explains the keys.

local byte, char, find, rep, sub, concat, sort, max, min, frexp
local pack, unpack_message, read_struct, write_struct, call
local DECISIONS, LABELS, LISTED  -- flag -> wire form
local member_row, member_changed  -- see rings.lua

-- Lua's own libraries are not there while Valkey loads this, only when it runs.
local function prepare()
  byte, char, find, rep, sub = string.byte, string.char, string.find, string.rep, string.sub
  concat, sort, max, min, frexp = table.concat, table.sort, math.max, math.min, math.frexp
  pack, unpack_message = cmsgpack.pack, cmsgpack.unpack
  read_struct, write_struct, call = struct.unpack, struct.pack, redis.call
  DECISIONS = {["-"] = pack(""), a = pack("approve"), v = pack("review"), r = pack("reject")}
  LABELS = {["-"] = pack(""), h = pack("honest"), f = pack("fraud")}
  LISTED = {[false] = pack(false), [true] = pack(true)}
  for _, kind in pairs(KINDS) do
    local behind = 0
    local function key_of(has)
      if not has then return false end
      behind = behind + 1
      return behind
    end
    kind.wire, kind.role = pack(kind.name), kind.holders or kind.namers or false
    kind.role_at, kind.list_at, kind.profile_at = key_of(kind.role), key_of(kind.listed), key_of(kind.entity)
  end
end

-- Of two moments the later one; at the same moment the greater name, byte by byte (Lua's own `<` asks the locale).
local function newer(time, name, other_time, other_name)
  if time ~= other_time then return time > other_time end
  local a, b = read_struct(">I6I5", name)
  local c, d = read_struct(">I6I5", other_name)
  return a > c or (a == c and b > d)
end

local set_all
do
  local has_msetex  -- and this user may use it; nil until the server was asked

  -- Sets keys to values, the first `total` of {key, value, key, value, ...}, for `ttl`: in one command where the server
  -- knows one (Valkey 9.1, Redis 8.4), because each takes as long again to be called as to be done.
  function set_all(pairs, total, ttl)
    if total == 0 then return end
    pairs[total + 1], pairs[total + 2] = "PX", ttl
    if has_msetex == nil then  -- to ask for a command that is not there is an error
      local is_there, allowed = pcall(redis.acl_check_cmd, "MSETEX", total / 2, unpack(pairs, 1, total + 2))
      has_msetex = is_there and allowed
    end
    if has_msetex then
      call("MSETEX", total / 2, unpack(pairs, 1, total + 2))
    else
      for i = 1, total, 2 do call("SET", pairs[i], pairs[i + 1], "PX", ttl) end
    end
  end
end

-- The values of the first `total` keys; of all of them by default.
local function mget(keys, total)
  total = total or #keys
  if total == 0 then return {} end
  if total <= 4000 then return call("MGET", unpack(keys, 1, total)) end
  local values = {}
  for from = 1, total, 4000 do  -- Lua's stack bounds the arguments of one call
    local part = call("MGET", unpack(keys, from, min(from + 3999, total)))
    for i = 1, #part do values[from + i - 1] = part[i] end
  end
  return values
end

-- Entries: the newest applications of an identifier, newest first, each WIDTH bytes: time, node, applicant, channel. Of an
-- application that has an identifier alone, as most do, only the node is stored: it knows the rest.
local WIDTH, NAME = 24, 11

-- The entries without that of `node`, and whether it was there.
local function without(entries, node)
  local at = find(entries, node, 1, true)
  while at do
    if at % WIDTH == 7 then return sub(entries, 1, at - 7) .. sub(entries, at + WIDTH - 6), true end
    at = find(entries, node, at + 1, true)
  end
  return entries, false
end

-- The newest of the entries and another one, which was not among them, and the one for which there is no room any more.
local function insert(entries, time, node, tail)
  local at, size = 1, #entries
  while at < size do
    local other_time, other_node = read_struct(">I6c11", entries, at)
    if newer(time, node, other_time, other_node) then break end
    at = at + WIDTH
  end
  local entry = write_struct(">I6", time) .. node .. tail
  local room = size < PER_IDENTIFIER * WIDTH
  if at == 1 and room then return entry .. entries, false end
  if room then return sub(entries, 1, at - 1) .. entry .. sub(entries, at), false end
  if at > size then return entries, entry end
  return sub(entries, 1, at - 1) .. entry .. sub(entries, at, -WIDTH - 1), sub(entries, -WIDTH)
end

-- Of the first `count` entries those within the retention of `time` as a flat table and their number. Four fields each:
-- time, node, applicant, channel; node and channel as numbers, which are sooner read, where nobody asks for `names`.
local FIELDS = {[true] = "I6c11I6c1", [false] = "I6I11I6B"}
local formats = {[true] = {}, [false] = {}}  -- by number of entries
local function read_entries(entries, count, time, names)
  local format = formats[names][count]
  if not format then
    format = ">" .. rep(FIELDS[names], count)
    formats[names][count] = format
  end
  local flat = {read_struct(format, entries)}
  if count == 0 or (flat[1] - time < RETENTION and time - flat[4 * count - 3] < RETENTION) then return flat, count end
  local near, kept = {}, 0
  for i = 1, 4 * count, 4 do
    local age = time - flat[i]
    if age < RETENTION and age > -RETENTION then
      for j = 0, 3 do near[4 * kept + j + 1] = flat[i + j] end
      kept = kept + 1
    end
  end
  return near, kept
end

-- Overflow: for each window the newest bucket's number and `BUCKETS_KEPT` counts, in a flat table.
local SPAN = BUCKETS_KEPT + 1
local function bucket_of(time, window)
  local width = WINDOWS[window] / BUCKETS_PER_WINDOW
  return (time - time % width) / width
end

local function read_overflow(key)
  local stored = call("GET", key)
  if stored then return unpack_message(stored) end
  local overflow = {}
  for i = 1, #WINDOWS * SPAN do overflow[i] = 0 end
  return overflow
end

local function count_in_overflow(overflow, time, change)
  for window = 1, #WINDOWS do
    local base, bucket = (window - 1) * SPAN + 1, bucket_of(time, window)
    local newest = overflow[base]
    if bucket > newest then
      for i = max(newest + 1, bucket - BUCKETS_KEPT + 1), bucket do overflow[base + 1 + i % BUCKETS_KEPT] = 0 end
      overflow[base] = bucket
    end
    if bucket > overflow[base] - BUCKETS_KEPT then
      local at = base + 1 + bucket % BUCKETS_KEPT
      overflow[at] = overflow[at] + change
    end
  end
end

-- The counts in the windows up to `time`, and in all within the retention of it; one at `own_time` left out.
local function overflow_counts(overflow, time, own_time)
  local counts, degree = {}, 0
  for window = 1, #WINDOWS do
    local base = (window - 1) * SPAN + 1
    local newest, upto = overflow[base], bucket_of(time, window)
    local last = window == #WINDOWS and bucket_of(time + RETENTION, window) or upto
    local own_bucket = own_time and bucket_of(own_time, window)
    local count, all = 0, 0
    for bucket = max(bucket_of(time - WINDOWS[window], window) + 1, newest - BUCKETS_KEPT + 1),
        min(last, newest) do
      local here = overflow[base + 1 + bucket % BUCKETS_KEPT]
      if bucket == own_bucket then here = here - 1 end
      all = all + here
      if bucket <= upto then count = count + here end
    end
    counts[window], degree = count, all
  end
  return counts, degree
end

-- Nodes: the length of the wire form (a Neighbour but for its hop), the wire form, the fields of HEAD (time, event, applicant
-- with channel, decision, label, flags, number of identifiers, length of the place, cents), the wire form of the place, the
-- identifiers, and packed what few nodes have (see `write_node`). A node that only a label or a decision has spoken of
-- has no wire form. The flags: 1 when listed; twice whether the amount was usual by the decision, six times by the label
-- (0 no, 1 not known, 2 yes); 36 times what is known of the money (0 nothing, 1 it is out, 2 it is back); and 108 when it is
-- in a ring, the name of which then stands last.
local HEAD, HEAD_SIZE = ">I6c11c7c1c1BBBI5", 34
local DECISION_AT, FLAGS_AT, PLACE_LENGTH = 24, 26, 28  -- where HEAD has them
local LOAN, IN_RING = 36, 108
local UNKNOWN = 1
local IDENTIFIER = 14
local NOBODY = "-----------"  -- the name of no event
local NO_TAIL = "-------"
local identifier_formats = {}  -- by number

-- So many identifiers, one behind the other from `at` on, as a table.
local function split_identifiers(text, count, at)
  local format = identifier_formats[count]
  if not format then
    format = rep("c" .. IDENTIFIER, count)
    identifier_formats[count] = format
  end
  local identifiers = {read_struct(format, text, at)}
  identifiers[count + 1] = nil  -- where reading ended
  return identifiers
end

-- The identifiers of a stored node, and its decision.
local function read_identifiers(stored)
  local at = 2 + byte(stored)
  local decision, _, _, count, place = byte(stored, at + 24, at + 28)
  return split_identifiers(stored, count, at + HEAD_SIZE + place), char(decision)
end

-- The wire form of the place of a stored node; empty where it told none.
local function place_of(stored)
  local at = 2 + byte(stored)
  return sub(stored, at + HEAD_SIZE, at + HEAD_SIZE - 1 + byte(stored, at + PLACE_LENGTH))
end

local function read_node(stored)
  if not stored then
    return {identifiers = {}, decision = "-", label = "-", listed = false, head = "", time = 0, event = NOBODY,
      tail = NO_TAIL, place = "", decision_time = 0, decision_event = NOBODY, label_time = 0, events = {},
      cents = NO_CENTS, usual = UNKNOWN, label_usual = UNKNOWN, loan = 0, ring = false, row = false}
  end
  local size = byte(stored)
  local time, event, tail, decision, label, flags, count, place, cents = read_struct(HEAD, stored, 2 + size)
  local ring, last = false, #stored
  if flags >= IN_RING then
    flags, ring, last = flags - IN_RING, sub(stored, -NAME), last - NAME
  end
  local loan = (flags - flags % LOAN) / LOAN
  flags = flags % LOAN
  local listed, usual = flags % 2 == 1, (flags - flags % 2) / 2
  local behind = 2 + size + HEAD_SIZE
  local node = {identifiers = split_identifiers(stored, count, behind + place), decision = decision, label = label,
    listed = listed, time = time, event = event, tail = tail, label_time = 0, decision_time = 0,
    decision_event = NOBODY, cents = cents, loan = loan, usual = usual % 3, label_usual = (usual - usual % 3) / 3, ring = ring, row = false,
    head = size == 0 and "" or sub(stored, 2, 1 + size - #DECISIONS[decision] - #LABELS[label] - #LISTED[listed]),
    place = sub(stored, behind, behind + place - 1), events = false}
  local more = behind + place + IDENTIFIER * count
  if more <= last then
    node.decision_time, node.decision_event, node.label_time, node.events =
      unpack(unpack_message(sub(stored, more, last)))
  else
    node.events = {{time, event}}
    if decision ~= "-" then node.decision_time, node.decision_event = time, event end
  end
  if ring then node.row = member_row(node) end
  return node
end

-- Most nodes have one event and the decision on it, and no label: nothing more is stored of these.
local function is_plain(node)
  local events = node.events
  if #events ~= 1 or events[1][2] ~= node.event or node.label_time ~= 0 then return false end
  if node.decision == "-" then return node.decision_time == 0 end
  return node.decision_time == node.time and node.decision_event == node.event
end

-- A node as it is stored.
local function stored_node(node)
  local wire, more, ring = node.head, "", node.ring
  if wire ~= "" then wire = wire .. DECISIONS[node.decision] .. LABELS[node.label] .. LISTED[node.listed] end
  if not is_plain(node) then more = pack({node.decision_time, node.decision_event, node.label_time, node.events}) end
  return char(#wire) .. wire .. write_struct(HEAD, node.time, node.event, node.tail, node.decision, node.label,
    (node.listed and 1 or 0) + 2 * node.usual + 6 * node.label_usual + LOAN * node.loan + (ring and IN_RING or 0),
    #node.identifiers, #node.place, node.cents) .. node.place .. concat(node.identifiers) .. more .. (ring or "")
end

local function write_node(key, node, ttl)
  call("SET", key, stored_node(node), "PX", ttl)
  if node.ring then member_changed(sub(key, 1, PREFIX), sub(key, PREFIX + 2), node, ttl) end
end

local function is_observed(stored)
  return stored and byte(stored) > 0
end

local function neighbour(stored, hop)
  return "\154" .. sub(stored, 2, 1 + byte(stored)) .. hop
end

-- A node as an entry.
local function entry_of(name, stored)
  if not is_observed(stored) then return "" end
  local at = 2 + byte(stored)
  return sub(stored, at, at + 5) .. name .. sub(stored, at + 17, at + 23)
end

-- How an array of so many begins.
local function array_of(count)
  return count < 16 and char(144 + count) or write_struct(">BI2", 220, count)
end

-- Records {time, name, ...}, newest first, each name once, at most `limit`. Returns whether it went in.
local function put_record(records, record, limit)
  for i = 1, #records do
    if records[i][2] == record[2] then return false end
  end
  local at = 1
  while records[at] and newer(records[at][1], records[at][2], record[1], record[2]) do at = at + 1 end
  if at > limit then return false end
  table.insert(records, at, record)
  records[limit + 1] = nil
  return true
end

-- Puts a record among stored ones. Returns what is to be stored then, and whether it went in. Mostly it is the newest.
local function put_stored_record(stored, record, limit)
  if not stored then return "\145" .. pack(record), true end
  local count, at = byte(stored) - 144, 1
  if count > 15 then count, at = read_struct(">I2", stored, 2), 3 end
  if count > 0 and count < limit and not find(stored, record[2], 1, true) then
    local _, newest = cmsgpack.unpack_one(stored, at)
    if record[1] > newest[1] then return array_of(count + 1) .. pack(record) .. sub(stored, at + 1), true end
  end
  local records = unpack_message(stored)
  if put_record(records, record, limit) then return pack(records), true end
  return stored, false
end
