-- Everything that is not an application: results, labels, device events, list entries. Behind observe.lua.

local function register(name, run)
  redis.register_function(name .. "_" .. VERSION, function(_, args)
    if not pack then prepare() end
    return run({unpack_message(args[1])}, args[2], args[3], args[4])
  end)
end

-- A stored node with the decision on its only event, as most are when that comes; nil when it is no such plain node.
local function decided(stored, event, time, decision, usual)
  local size = byte(stored)
  local at = 2 + size
  if size == 0 or size > 247 or decision == "-" then return nil end
  local of_time, of_event, _, before, label, flags, count, place = read_struct(HEAD, stored, at)
  local was_usual = (flags % LOAN - flags % 2) / 2 % 3
  if of_time ~= time or of_event ~= event or before ~= "-" or label ~= "-" or was_usual ~= UNKNOWN
    or #stored ~= size + 1 + HEAD_SIZE + place + IDENTIFIER * count then return nil end
  local said = DECISIONS[decision]
  return char(size - 1 + #said) .. sub(stored, 2, size - 2) .. said .. sub(stored, size, at + DECISION_AT - 1)
    .. decision .. label .. char(flags + 2 * (usual - UNKNOWN)) .. sub(stored, at + FLAGS_AT + 1)
end

-- Notes the decision on an application that neighbours see: that on its newest event, of several on one event the strictest;
-- and whether it found the amount usual. Returns the node to be stored, if it has changed; `stored` is what is there.
local function note_decision(prefix, ttl, name, stored, event, time, decision, usual)
  local plain = stored and decided(stored, event, time, decision, usual)
  if plain then return plain end
  local node = read_node(stored)
  local again = time == node.decision_time and event == node.decision_event
  if newer(time, event, node.decision_time, node.decision_event)
      or (again and DECISION_RANKS[decision] > DECISION_RANKS[node.decision]) then
    local before = member_of(node)
    node.decision, node.decision_time, node.decision_event, node.usual = decision, time, event, usual
    if node.ring then member_changed(prefix, name, node, ttl) end
    recount(prefix, ttl, node, before)
    return stored_node(node)
  end
end

-- What a decision found to be one ring, if anything: {founder's time, founder, applications, shared identifiers}.
local function note_ring(prefix, ttl, found)
  if found then join(prefix, ttl, unpack(found, 1, 4)) end
end

-- {prefix, ttl, key where what is not settled of it waits, claim ttl, node, event, time, decision, alerts, usual, ring
-- or false}, the result. What waits is as it is stored when the event claims each of its alerts; it comes past Lua,
-- where its 15 KB would be hashed and copied three times.
-- Returns 1 when this result was stored, else 0 and the one that stands; and what of it is not settled yet: for each alert
-- `1` when the event has claimed it, else `0`, behind their number; then, of one that stood before, audit record and alerts.
register("remember", function(request, result)
  local prefix, ttl, waiting, name, event = request[1], request[2], request[3], request[5], request[6]
  local key, rest_key, node_key = prefix .. "R" .. event, prefix .. "U" .. event, prefix .. "A" .. name
  local stored, node = unpack(call("MGET", key, node_key), 1, 2)
  if stored then
    call("UNLINK", waiting)
    return {0, stored, call("GET", rest_key)}
  end

  local claimed, lost = char(#request[9]), false
  for _, alert in ipairs(request[9]) do
    local claim = prefix .. "C" .. alert
    local won = call("SET", claim, event, "NX", "PX", request[4]) or call("GET", claim) == event
    claimed, lost = claimed .. (won and "1" or "0"), lost or not won
  end
  call("RENAME", waiting, rest_key)
  if lost then call("SETRANGE", rest_key, 0, claimed) end

  node = note_decision(prefix, ttl, name, node, event, request[7], request[8], request[10])
  set_all({key, result, node_key, node}, node and 4 or 2, ttl)
  note_ring(prefix, ttl, request[11])
  return {1, "", claimed}
end)

-- {prefix, ttl, node, event, time, decision, usual, ring or false}
register("set_decision", function(request)
  local prefix, ttl, name = unpack(request, 1, 3)
  local key = prefix .. "A" .. name
  local node = note_decision(prefix, ttl, name, call("GET", key), unpack(request, 4, 7))
  if node then call("SET", key, node, "PX", ttl) end
  note_ring(prefix, ttl, request[8])
end)

-- {prefix, ttl, node, time, label, usual}
register("set_label", function(request)
  local prefix, ttl, name, time, label, usual = unpack(request)
  local key = prefix .. "A" .. name
  local node = read_node(call("GET", key))
  local rank, known_rank = LABEL_RANKS[label], LABEL_RANKS[node.label]
  if time > node.label_time or (time == node.label_time
      and (rank > known_rank or (rank == known_rank and usual > node.label_usual))) then
    local before = member_of(node)
    node.label, node.label_time, node.label_usual = label, time, usual
    write_node(key, node, ttl)
    recount(prefix, ttl, node, before)
  end
end)

-- {prefix, ttl, node, loan}
register("set_loan", function(request)
  local prefix, ttl, name, loan = unpack(request, 1, 4)
  local key = prefix .. "A" .. name
  local stored = call("GET", key)
  if not stored then
    local node = read_node(nil)
    node.loan = loan
    if loan > 0 then write_node(key, node, ttl) end
    return
  end
  local at = 2 + byte(stored) + FLAGS_AT
  local flags = byte(stored, at)
  local known = (flags % IN_RING - flags % LOAN) / LOAN
  if loan > known then
    call("SET", key, sub(stored, 1, at - 1) .. char(flags + LOAN * (loan - known)) .. sub(stored, at + 1), "PX", ttl)
  end
end)

-- {prefix, ttl, device, event record, subjects, sighting or false}
register("observe_device", function(request)
  local prefix, ttl = request[1], request[2]
  local keys, writes = {prefix .. "D" .. request[3]}, {}
  if request[6] then
    for i, subject in ipairs(request[5]) do keys[1 + i] = prefix .. "S" .. subject end
  end
  local limit, record = DEVICE_EVENTS_KEPT, request[4]
  for i, stored in ipairs(mget(keys)) do
    local records, more = put_stored_record(stored, record, limit)
    if more then writes[#writes + 1], writes[#writes + 2] = keys[i], records end
    limit, record = SIGHTINGS_PER_SUBJECT, request[6]
  end
  set_all(writes, #writes, ttl)
end)

-- Lets applications with an identifier know whether they are listed, now that it came on a list or off one. `members` is
-- what is stored of it.
local function mark_listed(prefix, ttl, members)
  for at = #members == NAME and 1 or 7, #members, WIDTH do
    local key = prefix .. "A" .. sub(members, at, at + NAME - 1)
    local node = read_node(call("GET", key))
    local listed = node_is_listed(prefix, node)
    if node.head ~= "" and listed ~= node.listed then
      node.listed = listed
      write_node(key, node, ttl)
    end
  end
end

-- {prefix, ttl, entries as `put_in_bucket` takes them}
register("put_list_entries", function(request)
  local prefix, ttl, entries = unpack(request)
  local keys, buckets, changed, kept = {}, {}, {}, {}
  for i, entry in ipairs(entries) do
    keys[i] = list_key(prefix, entry[1])
    keys[#entries + i] = prefix .. entry[1]
  end
  local values = mget(keys)
  for i, key in ipairs(keys) do
    if i <= #entries and buckets[key] == nil then buckets[key] = values[i] end
  end
  for i, entry in ipairs(entries) do
    local bucket, any, had = put_in_bucket(prefix, buckets[keys[i]], entry, kept)
    if bucket then
      if had ~= "" or entry[14] then change_near(prefix, entry, had) end
      buckets[keys[i]], changed[#changed + 1] = bucket, i
      if bucket == "" then call("DEL", keys[i]) elseif any then call("SET", keys[i], bucket)
      else call("SET", keys[i], bucket, "PX", ttl) end
    end
  end
  for _, i in ipairs(changed) do
    if values[#entries + i] then mark_listed(prefix, ttl, values[#entries + i]) end
  end
end)

-- {prefix, deployment}. Says which deployment has the prefix: this one, unless another came first.
register("ping", function(request)
  local key = request[1] .. "P"
  return call("SET", key, request[2], "NX", "GET") or request[2]
end)

register("observe", observe)
register("place", place_application)
register("look", look)
register("list_entries", entries_of)
register("list_buckets", buckets_of)
register("show_ring", show_ring)
