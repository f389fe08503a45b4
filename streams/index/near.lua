-- Near hits. Behind lists.lua.
--
-- List entries are found here by keys that they share with whoever resembles them; keys that begin alike share a
-- bucket. A record is its length, that of the key, the key, the entry's name (identifier, rest of the token, list's number),
-- and the parts that are to be compared. The entry itself says whether it holds; of each it keeps its keys, to be taken
-- out by.

-- What only this file calls lies in a block of its own: Lua allows 200 local names outside of any.
local near_key, change_near, look_up_near
do
  local ENTRY_NAME = 1 + LIST_BUCKET + LIST_REST + 5
  local NOTHING_NEAR = {}

  function near_key(prefix, key)
    return prefix .. "N" .. sub(key, 1, NEAR_BUCKET)
  end

  -- The records of a key in its bucket (or false): where each begins, where its entry's name does, and that name.
  local function near_records(bucket, key)
    local found, at, marked = {}, 1, char(#key) .. key
    if not bucket or not find(bucket, marked, 1, true) then return found end
    while at < #bucket do
      if sub(bucket, at + 1, at + #marked) == marked then
        local start = at + 1 + #marked
        found[#found + 1] = {at = at, start = start, name = sub(bucket, start, start + ENTRY_NAME - 1)}
      end
      at = at + byte(bucket, at)
    end
    return found
  end

  -- Of two entries' names the lesser one, byte by byte (Lua's own `<` asks the locale).
  local function comes_first(one, other)
    for i = 1, ENTRY_NAME do
      local a, b = byte(one.name, i), byte(other.name, i)
      if a ~= b then return a < b end
    end
    return false
  end

  local function cut(bucket, record)
    return sub(bucket, 1, record.at - 1) .. sub(bucket, record.at + byte(bucket, record.at))
  end

  -- The bucket without what an entry has under a key: one record, if any.
  local function without_entry(bucket, key, name)
    for _, record in ipairs(near_records(bucket, key)) do
      if record.name == name then return cut(bucket, record) end
    end
    return bucket
  end

  local function put_near_bucket(at, bucket)
    if bucket == "" then call("DEL", at) else call("SET", at, bucket) end
  end

  -- Takes an entry out from under the keys that it had (each ended by a line break), and puts it under those of its
  -- forms, each {parts, keys}. Of more than NEAR_PER_KEY under one key those with the first names stay, in whatever
  -- order they come.
  function change_near(prefix, entry, had)
    local name = entry[1] .. entry[2] .. write_struct(">I5", entry[3])
    local at = 1
    while at < #had do
      local ends = find(had, "\n", at, true)
      local key = sub(had, at, ends - 1)
      local where = near_key(prefix, key)
      local bucket = call("GET", where)
      if bucket then put_near_bucket(where, without_entry(bucket, key, name)) end
      at = ends + 1
    end
    for _, form in ipairs(entry[14] or {}) do
      for _, key in ipairs(form[2]) do
        local where = near_key(prefix, key)
        local record = char(#key) .. key .. name .. form[1]
        local bucket = without_entry(call("GET", where) or "", key, name) .. char(1 + #record) .. record
        local records = near_records(bucket, key)
        if #records > NEAR_PER_KEY then
          local last = records[1]
          for _, each in ipairs(records) do
            if comes_first(last, each) then last = each end
          end
          bucket = cut(bucket, last)
        end
        put_near_bucket(where, bucket)
      end
    end
  end

  -- The entries that hold under an application's keys, once for each form: in the order of the keys and of the entries'
  -- names, each the number of the key (from 0), the parts to compare, and the wire form of the hit.
  -- `keys` stand one behind the other, each ended by a line break; `values` has their buckets from `first` to `last`.
  function look_up_near(app, keys, values, first, last)
    local found, seen, buckets, at = {}, {}, {}, 1
    for i = 1, last - first + 1 do
      local bucket, ends = values[first + i - 1], find(keys, "\n", at, true)
      local records = bucket and near_records(bucket, sub(keys, at, ends - 1)) or NOTHING_NEAR
      at = ends + 1
      if #records > 1 then sort(records, comes_first) end
      for _, record in ipairs(records) do
        local parts = sub(bucket, record.start + ENTRY_NAME, record.at + byte(bucket, record.at) - 1)
        if not seen[record.name .. parts] then
          seen[record.name .. parts] = true
          local identifier = sub(record.name, 1, IDENTIFIER)
          local where = list_key(app.prefix, identifier)
          if buckets[where] == nil then buckets[where] = call("GET", where) end
          for _, entry in ipairs(list_entries(buckets[where], identifier)) do
            if write_struct(">I5", entry.list) == sub(record.name, -5) and holds(entry, app.time) then
              found[#found + 1] = "\147" .. pack(i - 1) .. pack(parts) .. "\153" .. KINDS[byte(identifier)].wire
                .. pack(sub(record.name, 2, -6)) .. list_entry_wire(app.prefix, identifier, entry)
            end
          end
        end
      end
    end
    return found
  end
end
