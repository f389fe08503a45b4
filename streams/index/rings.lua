-- Living rings: what decisions joined, united by the members that joins have in common. Behind profiles.lua.
--
-- A ring is stored under the name of the application that it is known by: 1 byte each for the number of founders, of
-- shared identifiers and whether any member is counted alone; the founders (time, name), smallest first: the first one
-- names the ring, the others are names of parts of it and lead to it; the shared identifiers (hash, kind); the counts of
-- members beyond the newest; the rows of the newest members, newest first. Under the name of another founder only the name
-- of the ring is stored. All of it depends on which joins were told, not on their order.
local ROW, ROW_SIZE = ">c11I8c6c6c6I8c1c1B", 48
local MEMBER = ">I8c6c6c6I8c1c1B"  -- a row behind the name
local FOUNDER_SIZE, SHARED_SIZE = 17, 6
local BEYOND, BEYOND_SIZE = ">I4I8I4I8I4I4I4I4", 40
local NONE_SUCH = "------"  -- the merchant of an application without one

-- The ring that a stored node points to, if any.
local function ring_of(stored)
  return stored and byte(stored, 2 + byte(stored) + FLAGS_AT) >= IN_RING and sub(stored, -NAME)
end

-- The smallest identifier of a kind that a node has, as rows have it.
local function smallest(node, code)
  local found
  for _, identifier in ipairs(node.identifiers) do
    if sub(identifier, 1, 1) == code then
      local name = sub(identifier, 2, 12)
      if not found or newer(0, found, 0, name) then found = name end
    end
  end
  return found and sub(found, 1, 6) or NONE_SUCH
end

-- How a member counts: its row behind the name.
function member_row(node)
  return write_struct(MEMBER, node.time, sub(node.tail, 1, 6), smallest(node, "m"),
    smallest(node, "r"), node.cents, node.decision, node.label, node.listed and 1 or 0)
end

local function read_ring(stored)
  local founders, shared, counted = byte(stored, 1, 3)
  local to_shared = 3 + FOUNDER_SIZE * founders
  local to_beyond = to_shared + SHARED_SIZE * shared
  local to_rows = to_beyond + BEYOND_SIZE * counted
  local beyond = {0, 0, 0, 0, 0, 0, 0, 0}
  if counted == 1 then beyond = {read_struct(BEYOND, stored, to_beyond + 1)} end
  return {founders = sub(stored, 4, to_shared), shared = sub(stored, to_shared + 1, to_beyond), beyond = beyond,
    rows = sub(stored, to_rows + 1)}
end

local function write_ring(key, ring, ttl)
  local founders, shared, beyond = ring.founders, ring.shared, ring.beyond
  local counted = beyond[1] > 0
  call("SET", key, char(#founders / FOUNDER_SIZE, #shared / SHARED_SIZE, counted and 1 or 0) .. founders .. shared
    .. (counted and write_struct(BEYOND, unpack(beyond, 1, 8)) or "") .. ring.rows, "PX", ttl)
end

-- The name under which the ring is stored that somebody knows by this name, and the ring as stored.
local function find_ring(prefix, name)
  local stored = call("GET", prefix .. "G" .. name)
  while stored and #stored == NAME do
    name, stored = stored, call("GET", prefix .. "G" .. stored)
  end
  return stored and name, stored
end

-- Counts one more (`sign` 1) or one less (-1) of the members for whom there is no row.
local function count_beyond(ring, row, sign)
  local _, _, _, _, _, cents, decision, label, listed = read_struct(ROW, row)
  local told = cents ~= NO_CENTS and cents or 0
  local approved = decision == "a" and 1 or 0
  local change = {1, told, approved, approved * told, decision == "r" and 1 or 0, label == "f" and 1 or 0,
    label == "h" and 1 or 0, listed}
  for i = 1, 8 do ring.beyond[i] = max(0, ring.beyond[i] + sign * change[i]) end
end

local function put_row(ring, row)
  local rows, name, time = ring.rows, read_struct(">c11I8", row)
  local low, high = 0, #rows / ROW_SIZE
  while low < high do
    local middle = (low + high - (low + high) % 2) / 2
    local other, other_time = read_struct(">c11I8", rows, ROW_SIZE * middle + 1)
    if newer(other_time, other, time, name) then low = middle + 1 else high = middle end
  end
  rows = sub(rows, 1, ROW_SIZE * low) .. row .. sub(rows, ROW_SIZE * low + 1)
  if #rows > RING_ROWS * ROW_SIZE then
    count_beyond(ring, sub(rows, -ROW_SIZE), 1)
    rows = sub(rows, 1, -ROW_SIZE - 1)
  end
  ring.rows = rows
end

local function take_row(ring, row)
  local at = find_record(ring.rows, ROW_SIZE, row)
  if at then
    ring.rows = sub(ring.rows, 1, at - 1) .. sub(ring.rows, at + ROW_SIZE)
  elseif ring.beyond[1] > 0 then
    count_beyond(ring, row, -1)
  end
end

-- A node that is being written counts in its ring as it is now.
function member_changed(prefix, name, node, ttl)
  local row = member_row(node)
  if row == node.row then return end
  local root, stored = find_ring(prefix, node.ring)
  if root then
    local ring = read_ring(stored)
    take_row(ring, name .. node.row)
    put_row(ring, name .. row)
    write_ring(prefix .. "G" .. root, ring, ttl)
    if root ~= node.ring then call("SET", prefix .. "G" .. node.ring, root, "PX", ttl) end
  end
  node.row = row
end

local function founder_first(a, i, b, j)
  local time, name = read_struct(">I6c11", a, i)
  local other_time, other = read_struct(">I6c11", b, j)
  return newer(other_time, other, time, name)
end

local function shared_first(a, i, b, j)
  return read_struct(">I6", a, i) < read_struct(">I6", b, j)
end

local function row_first(a, i, b, j)
  local name, time = read_struct(">c11I8", a, i)
  local other, other_time = read_struct(">c11I8", b, j)
  return newer(time, name, other_time, other)
end

-- Two strings of sorted records as one, each record once; and what there is beyond `most`.
local function united(a, b, width, first, most)
  if a == b or b == "" then return a, "" end
  local parts, i, j = {}, 1, 1
  while i < #a and j < #b do
    if first(a, i, b, j) then
      parts[#parts + 1], i = sub(a, i, i + width - 1), i + width
    else
      if not first(b, j, a, i) then i = i + width end
      parts[#parts + 1], j = sub(b, j, j + width - 1), j + width
    end
  end
  local all = concat(parts) .. sub(a, i) .. sub(b, j)
  return sub(all, 1, width * most), sub(all, width * most + 1)
end

local function unite(ring, other)
  ring.founders = united(ring.founders, other.founders, FOUNDER_SIZE, founder_first, RING_FOUNDERS)
  ring.shared = united(ring.shared, other.shared, SHARED_SIZE, shared_first, RING_SHARED)
  for i = 1, 8 do ring.beyond[i] = ring.beyond[i] + other.beyond[i] end
  local rest
  ring.rows, rest = united(ring.rows, other.rows, ROW_SIZE, row_first, RING_ROWS)
  for at = 1, #rest, ROW_SIZE do count_beyond(ring, sub(rest, at, at + ROW_SIZE - 1), 1) end
end

-- Makes one ring of these applications and of all the rings that they are in. `founder` names it unless one of those was
-- founded earlier; `shared` are sorted
-- numbers.
local function join(prefix, ttl, time, founder, names, shared)
  for i, number in ipairs(shared) do shared[i] = write_struct(">I6", number) end
  local ring = {founders = write_struct(">I6", time) .. founder, shared = concat(shared),
    beyond = {0, 0, 0, 0, 0, 0, 0, 0}, rows = ""}
  local leads_to, taken = {}, {}
  local function take_up_ring(name)
    if leads_to[name] == nil then
      local root, stored = find_ring(prefix, name)
      leads_to[name] = root or false
      if root and not taken[root] then
        taken[root] = true
        unite(ring, read_ring(stored))
      end
    end
    return leads_to[name]
  end
  take_up_ring(founder)
  local keys = {}
  for i, name in ipairs(names) do keys[i] = prefix .. "A" .. name end
  for i, stored in ipairs(mget(keys)) do
    local name = ring_of(stored)
    local is_member = name and take_up_ring(name)
    if not is_member or newer(0, name, 0, founder) then  -- of all names of its rings a node has the smallest
      local node = read_node(stored)
      node.ring, node.row = founder, member_row(node)
      write_node(keys[i], node, ttl)
      if not is_member then put_row(ring, names[i] .. node.row) end
    end
  end
  local root = sub(ring.founders, 7, FOUNDER_SIZE)
  write_ring(prefix .. "G" .. root, ring, ttl)
  for at = FOUNDER_SIZE + 7, #ring.founders, FOUNDER_SIZE do leads_to[sub(ring.founders, at, at + NAME - 1)] = root end
  for name, led in pairs(leads_to) do  -- also of founders for whom there is no room
    if name ~= root and (led or name == founder) then call("SET", prefix .. "G" .. name, root, "PX", ttl) end
  end
end

-- The wire form of the application id in a node's wire form, which begins at `at`.
local function id_wire(text, at)
  local first = byte(text, at)
  if first == 217 then return sub(text, at, at + 1 + byte(text, at + 1)) end
  return sub(text, at, at + first - 160)
end

-- The application ids of the newest members of a stored ring; empty of those that have not been observed.
local function ids_of_members(app, stored, most)
  local rows, names, ids = read_ring(stored).rows, {}, {}
  for at = 1, min(#rows, ROW_SIZE * most), ROW_SIZE do names[#names + 1] = sub(rows, at, at + NAME - 1) end
  load_nodes(app, names)
  for i, name in ipairs(names) do
    local node = app.nodes[name]
    ids[i] = is_observed(node) and id_wire(node, 2) or "\160"
  end
  return array(ids)
end

-- The living rings of an application and its neighbours, in wire form; and whether there are more.
local function rings_around(app, around)
  local any = app.node.ring
  for i = 1, #around.names do any = any or ring_of(app.nodes[around.names[i]]) end
  if not any then return "\144", false end
  local roots, rings, order, cut = {}, {}, {}, false
  local function see(name, position)
    local root = roots[name]
    if root == nil then
      local stored
      root, stored = find_ring(app.prefix, name)
      root = root or false
      roots[name] = root
      if root and not rings[root] then
        rings[root] = {stored = stored, positions = {}}
        order[#order + 1] = root
      end
    end
    if root then
      local positions = rings[root].positions
      positions[#positions + 1] = position
    end
  end
  if app.node.ring then see(app.node.ring, -1) end
  for at, name in ipairs(around.names) do
    local of = ring_of(app.nodes[name])
    if of then see(of, at - 1) end
  end
  local wires = {}
  for i = 1, min(#order, RINGS_MAX) do
    local ring = rings[order[i]]
    wires[i] = "\147" .. binary(ring.stored) .. pack(ring.positions) .. ids_of_members(app, ring.stored, RING_NAMED)
  end
  return array(wires), #order > RINGS_MAX
end

-- {prefix, name, most}: the ring that is known by the name and the ids of its newest members; nothing when there is none.
local function show_ring(request)
  local _, stored = find_ring(request[1], request[2])
  if not stored then return {} end
  return {stored, ids_of_members({prefix = request[1], nodes = {}}, stored, request[3])}
end
