-- Everything that is not an application: results, labels, device events, list entries. Behind observe.lua.

-- Notes the decision on an application that neighbours see: that on its newest event, of several on one event the strictest;
-- and whether it found the amount usual.
local function note_decision(prefix, ttl, name, event, time, decision, usual)
  local key = prefix .. "A" .. name
  local node = read_node(call("GET", key))
  local again = time == node.decision_time and event == node.decision_event
  if newer(time, event, node.decision_time, node.decision_event)
      or (again and DECISION_RANKS[decision] > DECISION_RANKS[node.decision]) then
    local before = member_of(node)
    node.decision, node.decision_time, node.decision_event, node.usual = decision, time, event, usual
    write_node(key, node, ttl)
    recount(prefix, ttl, node, before)
  end
end

-- What a decision found to be one ring, if anything: {founder's time, founder, applications, shared identifiers}.
local function note_ring(prefix, ttl, found)
  if found then join(prefix, ttl, unpack(found, 1, 4)) end
end

-- {prefix, ttl, audit ttl, claim ttl, node, event, time, decision, alerts, usual, ring or false}, the result, its audit record
-- and alerts.
-- Returns 1 when this result was stored, else 0 and the one that stands; and what of it is not settled yet: for each alert
-- `1` when the event has claimed it, else `0`, behind their number; then, of one that stood before, audit record and alerts.
local function remember(request, result, rest)
  local prefix, event, time = request[1], request[6], request[7]
  local key, rest_key = prefix .. "R" .. event, prefix .. "U" .. event
  local stored = call("GET", key)
  if stored then return {0, stored, call("GET", rest_key)} end

  local claims = {}
  for i, alert in ipairs(request[9]) do
    local claim = prefix .. "C" .. alert
    local won = call("SET", claim, event, "NX", "PX", request[4])
    claims[i] = (won or call("GET", claim) == event) and "1" or "0"
  end
  local claimed = char(#claims) .. concat(claims)
  call("SET", key, result, "PX", request[2])
  call("SET", rest_key, claimed .. rest, "PX", request[3])

  note_decision(prefix, request[2], request[5], event, time, request[8], request[10])
  note_ring(prefix, request[2], request[11])
  return {1, "", claimed}
end

-- {prefix, ttl, node, event, time, decision, usual, ring or false}
local function set_decision(request)
  note_decision(unpack(request, 1, 7))
  note_ring(request[1], request[2], request[8])
end

-- {prefix, ttl, node, time, label, usual}
local function set_label(request)
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
end

-- {prefix, ttl, node, loan}
local function set_loan(request)
  local key = request[1] .. "A" .. request[3]
  local node = read_node(call("GET", key))
  if request[4] > node.loan then
    node.loan = request[4]
    write_node(key, node, request[2])
  end
end

-- {prefix, ttl, device, event record, subjects, sighting or false}
local function observe_device(request)
  local prefix, ttl = request[1], request[2]
  local key = prefix .. "D" .. request[3]
  put_stored_record(key, call("GET", key), request[4], DEVICE_EVENTS_KEPT, ttl)
  if request[6] then
    for _, subject in ipairs(request[5]) do
      key = prefix .. "S" .. subject
      put_stored_record(key, call("GET", key), request[6], SIGHTINGS_PER_SUBJECT, ttl)
    end
  end
end

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
local function put_list_entries(request)
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
end

-- {prefix, deployment}. Says which deployment has the prefix: this one, unless another came first.
local function ping(request)
  local key = request[1] .. "P"
  return call("SET", key, request[2], "NX", "GET") or request[2]
end

local function register(name, run)
  redis.register_function(name .. "_" .. VERSION, function(_, args)
    if not pack then prepare() end
    return run(unpack_message(args[1]), args[2], args[3], args[4])
  end)
end

register("observe", observe)
register("place", place_application)
register("remember", remember)
register("set_decision", set_decision)
register("set_label", set_label)
register("set_loan", set_loan)
register("look", look)
register("observe_device", observe_device)
register("put_list_entries", put_list_entries)
register("list_entries", entries_of)
register("show_ring", show_ring)
register("list_buckets", buckets_of)
register("ping", ping)
