-- Reading without writing: an application as it stands, and who shares what with it. Behind observe.lua.

-- {prefix, names}. Of each name nothing, or its name, its stored node, for each identifier (or the same number in the other
-- role) what is stored of it, and the name of its ring, if it is in one.
local function look(request)
  local prefix, names = request[1], request[2]
  local keys, at = {}, {}
  for i, name in ipairs(names) do keys[i] = prefix .. "A" .. name end
  local nodes, wanted = mget(keys), {}
  local function want(identifier)
    if not at[identifier] then
      wanted[#wanted + 1] = prefix .. identifier
      at[identifier] = #wanted
    end
  end
  local found = {}
  for i, stored in ipairs(nodes) do
    if is_observed(stored) then
      local mine = {}
      for _, identifier in ipairs(read_identifiers(stored)) do
        local kind = KINDS[byte(identifier)]
        local role = kind.holders or kind.namers
        if kind.links then mine[#mine + 1] = identifier end
        if role then mine[#mine + 1] = role .. sub(identifier, 2) end
      end
      for _, identifier in ipairs(mine) do want(identifier) end
      found[i] = mine
    end
  end
  local values, answer, rings = mget(wanted), {}, {}
  for i, name in ipairs(names) do
    if found[i] then
      local pairs = {}
      for j, identifier in ipairs(found[i]) do
        local stored = values[at[identifier]] or ""
        if stored == name then stored = ""
        elseif #stored == NAME then stored = entry_of(stored, call("GET", prefix .. "A" .. stored)) end
        pairs[j] = "\146" .. pack(identifier) .. binary(stored)
      end
      local known_by = ring_of(nodes[i])
      if known_by and rings[known_by] == nil then
        local ring, stored = find_ring(prefix, known_by)
        rings[known_by] = stored and ring or false
      end
      answer[i] = "\148" .. pack(name) .. binary(nodes[i]) .. array(pairs) .. pack(known_by and rings[known_by] or "")
    else
      answer[i] = "\192"
    end
  end
  return array(answer)
end
