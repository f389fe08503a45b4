-- The lists. Behind storage.lua.
--
-- Entries lie in buckets, those of one kind whose tokens begin alike: a key for each entry would take more than the entry.
-- An entry is its length, the rest of the token behind the bucket's name, the fields of ENTRY, and whatever else it
-- carries. Lists and what is said of their entries are stored once, under the numbers that entries have for them; what
-- only one entry says, and what became of it, lie under keys of their own. layout.py names them.

-- What only this file calls lies in a block of its own: Lua allows 200 local names outside of any.
local list_key, list_entries, holds, list_entry_wire, count_hits, look_up_lists, node_is_listed, put_in_bucket
local entries_of, buckets_of
do
  local FIXED, ENTRY = LIST_REST + 33, ">BI5I6c11I6I4"  -- status, list, changed, event, expires (0: never), words
  local SHORT_REST = IDENTIFIER - 1 - LIST_BUCKET  -- as much of the rest as an identifier here has
  local REMOVED, OWN_WORDS = 0, 0  -- a status; the words of an entry that has words of its own
  local SEVERITIES = {"low", "medium", "high"}  -- by status

  local function bucket_key(prefix, kind, identifier)
    return prefix .. "L" .. kind .. sub(identifier, 2, 1 + LIST_BUCKET)
  end

  -- Where the entries of an identifier are looked up; nil for a kind that no list has.
  function list_key(prefix, identifier)
    local listed = KINDS[byte(identifier)].listed
    return listed and bucket_key(prefix, listed, identifier)
  end

  local function read_list_entry(bucket, at)
    local status, list, changed, event, expires, words = read_struct(ENTRY, bucket, at + 1 + LIST_REST)
    return {at = at, status = status, list = list, changed = changed, event = event, expires = expires, words = words}
  end

  -- The entries of an identifier in its bucket (or false), in the order in which they came.
  function list_entries(bucket, identifier)
    local found, rest = {}, sub(identifier, 2 + LIST_BUCKET)
    if not bucket or not find(bucket, rest, 1, true) then return found end
    local at = 1
    while at < #bucket do
      if sub(bucket, at + 1, at + SHORT_REST) == rest then found[#found + 1] = read_list_entry(bucket, at) end
      at = at + byte(bucket, at)
    end
    return found
  end

  function holds(entry, time)
    return entry.status ~= REMOVED and (entry.expires == 0 or entry.expires > time)
  end

  local function is_listed(bucket, identifier, time)
    for _, entry in ipairs(list_entries(bucket, identifier)) do
      if holds(entry, time) then return true end
    end
    return false
  end

  -- The wire forms of list, severity, reason, source, evidence and times of an entry.
  function list_entry_wire(prefix, identifier, entry)
    local names = prefix .. "T"
    local words = entry.words ~= OWN_WORDS and call("HGET", names, "w" .. entry.words) .. pack(nil)
      or call("HGET", prefix .. "X" .. identifier, entry.list)
    return call("HGET", names, "l" .. entry.list) .. pack(SEVERITIES[entry.status]) .. words .. pack(entry.changed)
      .. pack(entry.expires ~= 0 and entry.expires or nil)
  end

  -- How often an entry was hit, and when last; 0 and 0 for never.
  local function hits_on(prefix, identifier, list)
    local stored = call("HGET", prefix .. "H", identifier .. list)
    if stored then return read_struct(">I4I6", stored) end
    return 0, 0
  end

  -- Counts that an application hit these entries: each {identifier, list's number}.
  function count_hits(app, entries)
    for _, entry in ipairs(entries) do
      local count, last = hits_on(app.prefix, entry[1], entry[2])
      local said = write_struct(">I4I6", count + 1, max(last, app.time))
      call("HSET", app.prefix .. "H", entry[1] .. entry[2], said)
    end
  end

  -- The lists that an application's identifiers are on: hits in wire form; each as `count_hits`
  -- takes them; and whether one of its own is on any at its time.
  function look_up_lists(app, values)
    local hits, entries, listed = {}, {}, false
    local identifiers, kinds, at = app.identifiers, app.kinds, app.at
    for i = 1, #identifiers do
      local identifier, kind = identifiers[i], kinds[i]
      local bucket = kind.listed and values[at[i] + kind.list_at]
      if bucket then
        for _, entry in ipairs(list_entries(bucket, identifier)) do
          if holds(entry, app.time) then
            local name = kind.listed .. sub(identifier, 2)
            hits[#hits + 1] = "\153" .. kind.wire .. pack(sub(name, 2)) .. list_entry_wire(app.prefix, name, entry)
            entries[#entries + 1] = {name, entry.list}
          end
          listed = listed or (kind.own == true and holds(entry, app.node.time))
        end
      end
    end
    return hits, listed, entries
  end

  -- Whether an own identifier of an application (not a contact's) is on a list at its time.
  function node_is_listed(prefix, node)
    local keys, identifiers = {}, {}
    for _, identifier in ipairs(node.identifiers) do
      local key = KINDS[byte(identifier)].own and list_key(prefix, identifier)
      if key then keys[#keys + 1], identifiers[#identifiers + 1] = key, identifier end
    end
    for i, bucket in ipairs(mget(keys)) do
      if is_listed(bucket, identifiers[i], node.time) then return true end
    end
    return false
  end

  -- The bucket without the entries that have been removed, or expired, for longer than anybody asks; and whether any is
  -- left that holds still or may come to.
  local function swept(bucket, before)
    local kept, any, at = {}, false, 1
    while at < #bucket do
      local size = byte(bucket, at)
      local entry = read_list_entry(bucket, at)
      local expired = entry.expires ~= 0 and max(entry.expires, entry.changed)
      local ended = entry.status == REMOVED and entry.changed or expired
      if not ended or ended > before then kept[#kept + 1] = sub(bucket, at, at + size - 1) end
      any = any or entry.status ~= REMOVED
      at = at + size
    end
    return concat(kept), any
  end

  -- Keeps what is said of an entry: with the words of others, under their number, or as its own. `kept` are the words and
  -- lists that this call has seen stored: most entries say what the one before says. Returns the number.
  local function keep_words(prefix, entry, kept)
    local names, field, said = prefix .. "T", "w" .. entry[9], pack(entry[10]) .. pack(entry[11])
    local evidence = entry[12]
    if not evidence and kept[field] == said then return entry[9] end
    local there = call("HGET", names, field)
    if not evidence and (there == said or (not there and call("HLEN", names) < WORDS_MAX)) then
      if not there then call("HSET", names, field, said) end
      kept[field] = said
      return entry[9]
    end
    call("HSET", prefix .. "X" .. entry[1], entry[3], said .. pack(evidence))
    return OWN_WORDS
  end

  -- Puts an entry {identifier, rest of the token, list's number, list, status, changed, event, expires, words' number,
  -- reason, source, evidence, more} into its bucket (or false); `kept` as above. Returns the bucket as it is then, nil when
  -- the entry is no news; whether any in it holds; and what more the entry before had.
  function put_in_bucket(prefix, bucket, entry, kept)
    local identifier, tail, list, name, status, changed, event, expires = unpack(entry, 1, 8)
    local known
    for _, each in ipairs(list_entries(bucket, identifier)) do
      if each.list == list then known = each end
    end
    local had = ""
    if known then
      had = sub(bucket, known.at + 1 + FIXED, known.at + byte(bucket, known.at) - 1)
      if not newer(changed, event, known.changed, known.event) then return nil end
      if known.status ~= REMOVED and known.words == OWN_WORDS then call("HDEL", prefix .. "X" .. identifier, list) end
    end

    local words = OWN_WORDS
    if status ~= REMOVED then
      words = keep_words(prefix, entry, kept)
      local field = "l" .. list
      if not kept[field] then
        call("HSETNX", prefix .. "T", field, pack(name))
        kept[field] = true
      end
    end
    local more = entry[13] or ""
    local record = char(1 + FIXED + #more) .. sub(identifier, 2 + LIST_BUCKET) .. tail
      .. write_struct(ENTRY, status, list, changed, event, expires, words) .. more
    if known then
      record = sub(bucket, 1, known.at - 1) .. record .. sub(bucket, known.at + byte(bucket, known.at))
    else
      record = (bucket or "") .. record
      if status ~= REMOVED then return record, true, had end
    end
    local kept, any = swept(record, changed - RETENTION)
    return kept, any, had
  end

  -- {prefix, identifier}. Returns its entries but removed ones: each the wire forms of `list_entry_wire`, hits, the last
  -- hit.
  function entries_of(request)
    local prefix, identifier = request[1], request[2]
    local found = {}
    for _, entry in ipairs(list_entries(call("GET", list_key(prefix, identifier)), identifier)) do
      if entry.status ~= REMOVED then
        local count, last = hits_on(prefix, identifier, entry.list)
        found[#found + 1] = "\153" .. list_entry_wire(prefix, identifier, entry) .. pack(count)
          .. pack(last ~= 0 and last or nil)
      end
    end
    return char(220) .. write_struct(">I2", #found) .. concat(found)
  end

  -- {prefix, kind, the beginning of tokens but for a bucket's last character}. Returns the buckets there are: the last
  -- character, what is in it, and so on.
  function buckets_of(request)
    local keys, found = {}, {}
    for character in string.gmatch(TOKEN_CHARACTERS, ".") do
      keys[#keys + 1] = request[1] .. "L" .. request[2] .. request[3] .. character
    end
    for i, bucket in ipairs(mget(keys)) do
      if bucket then found[#found + 1], found[#found + 2] = sub(keys[i], -1), bucket end
    end
    return found
  end
end
