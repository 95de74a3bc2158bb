# ---- json: reads one value from a JSON text ------------------------------------------------------

# json_get PATH: Prints the scalar at a path such as `a.b[0].c` in the JSON text on standard input: a string unescaped
# (as UTF-8), a number as written, true, false or null. If a key is there twice, the last one counts. Returns 1 if there
# is nothing at the path, 2 if the text is not JSON, 3 if there is an object or a list.
#
# The text is read in pieces between quotation marks, because some awks are slow with long pieces of text.
json_get() {
  json_path=$1 LC_ALL=C awk '
    function code_unit(digits, at, unit) {
      digits = tolower(digits)
      if (digits !~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/) { bad = 1; return 0 }
      for (at = 1; at <= 4; at++) unit = unit * 16 + index("0123456789abcdef", substr(digits, at, 1)) - 1
      return unit
    }
    function utf8(point) {
      if (point == 0 || (point >= 55296 && point < 57344)) point = 65533 # a text cannot hold these code points
      if (point < 128) return sprintf("%c", point)
      if (point < 2048) return sprintf("%c%c", 192 + int(point / 64), 128 + point % 64)
      if (point < 65536)
        return sprintf("%c%c%c", 224 + int(point / 4096), 128 + int(point / 64) % 64, 128 + point % 64)
      return sprintf("%c%c%c%c", 240 + int(point / 262144), 128 + int(point / 4096) % 64,
        128 + int(point / 64) % 64, 128 + point % 64)
    }
    # Adds a piece of a string to `text`, which is a list of parts, because joining the parts of a long string each time
    # would be slow. A piece that ends with a backslash ends before an escaped quotation mark, so this mark is added.
    function unescape(piece, part, parts, at, escape, point, low) {
      gsub(/\\/, "\001", piece)
      parts = split(piece, part, "\001")
      text[++texts] = part[1]
      for (at = 2; at <= parts && !bad; at++) {
        escape = substr(part[at], 1, 1)
        if (escape == "" && at == parts) text[++texts] = "\""
        else if (escape == "") text[++texts] = "\\" part[++at]
        else if (escape in plain) text[++texts] = plain[escape] substr(part[at], 2)
        else if (escape != "u") bad = 1
        else {
          point = code_unit(substr(part[at], 2, 4))
          piece = substr(part[at], 6)
          if (point >= 55296 && point < 56320 && piece == "" && substr(part[at + 1], 1, 1) == "u") {
            low = code_unit(substr(part[at + 1], 2, 4))
            if (low >= 56320 && low < 57344) {
              point = 65536 + (point - 55296) * 1024 + low - 56320
              piece = substr(part[++at], 6)
            }
          }
          text[++texts] = utf8(point) piece
        }
      }
    }
    function joined(at, whole) {
      for (at = 1; at <= texts; at++) whole = whole text[at]
      return whole
    }
    # Is the value that begins here at the path?
    function on_path() {
      if (depth == 0) return 1
      if (!here[depth]) return 0
      if (open[depth] == "[") return is_index[depth] && want[depth] == position[depth]
      return !is_index[depth] && key_fits[depth]
    }
    function begins_value() {
      if (state != "value" && state != "first") { bad = 1; return 0 }
      at_path = on_path()
      if (at_path && depth == length_of_path) found = 1
      return 1
    }
    function ends_value(wanted) {
      state = depth ? "next" : "done"
      if (!wanted) return
      for (values = 0; values < texts; ) { values++; value[values] = text[values] }
    }
    function token(word) {
      if (word == "{" || word == "[") {
        if (!begins_value()) return
        if (at_path && depth == length_of_path) found = 2
        open[++depth] = word
        here[depth] = at_path && depth <= length_of_path
        position[depth] = 0
        state = word == "{" ? "key or }" : "first"
      } else if (word == "}" || word == "]") {
        if (!depth || open[depth] != (word == "}" ? "{" : "[")) { bad = 1; return }
        if (state != "next" && state != (word == "}" ? "key or }" : "first")) { bad = 1; return }
        depth--
        ends_value(0)
      } else if (word == ":") {
        if (state != "colon") { bad = 1; return }
        state = "value"
      } else if (word == ",") {
        if (state != "next") { bad = 1; return }
        position[depth]++
        state = open[depth] == "{" ? "key" : "value"
      } else if (word == "true" || word == "false" || word == "null" ||
        word ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) {
        if (!begins_value()) return
        texts = 1
        text[1] = word
        ends_value(at_path && depth == length_of_path)
      } else bad = 1
    }
    # Reads the text between two strings, 1000 bytes at a time, because some awks are slow with long texts.
    function between(text, size, from, part, rest, word, count, at) {
      size = length(text)
      for (from = 1; from <= size && !bad; from += 1000) {
        part = rest substr(text, from, 1000)
        rest = ""
        if (from + 1000 <= size && match(part, /[^][{},: \t\r\n]+$/)) {
          rest = substr(part, RSTART)
          part = substr(part, 1, RSTART - 1)
          if (length(rest) > 1000) bad = 1 # no number is that long
        }
        gsub(/[][{},:]/, " & ", part)
        count = split(part, word, /[ \t\r\n]+/)
        for (at = 1; at <= count && !bad; at++) if (word[at] != "") token(word[at])
      }
    }
    function begins_string() {
      is_key = state == "key" || state == "key or }"
      # Keep only the value that is asked for, and keys that may lead to it.
      if (is_key) keeping = here[depth] && !is_index[depth]
      else if (begins_value()) keeping = at_path && depth == length_of_path
      texts = 0
    }
    function string_piece(piece) {
      if (piece ~ /[\001-\037]/) { bad = 1; return }
      in_string = 0
      if (substr(piece, length(piece)) == "\\") {
        match(piece, /\\+$/)
        in_string = RLENGTH % 2
      }
      if (keeping) unescape(piece)
      # A key with many more parts than the longest step of the path has letters cannot be in the path.
      if (is_key && texts > 2 * longest + 8) keeping = 0
      if (in_string) return
      if (is_key) {
        key_fits[depth] = keeping && joined() == want[depth]
        state = "colon"
      } else ends_value(keeping)
    }
    BEGIN {
      RS = "\""
      plain["/"] = "/"; plain["b"] = "\b"; plain["f"] = "\f"
      plain["n"] = "\n"; plain["r"] = "\r"; plain["t"] = "\t"
      path = ENVIRON["json_path"]
      gsub(/\[/, ".[", path)
      steps = split(path, step, ".")
      for (at = 1; at <= steps; at++) {
        if (step[at] == "") continue
        want[++length_of_path] = step[at]
        if (step[at] ~ /^\[[0-9]+\]$/) {
          is_index[length_of_path] = 1
          want[length_of_path] = substr(step[at], 2) + 0
        }
        if (length(step[at]) > longest) longest = length(step[at])
      }
      length_of_path += 0
      state = "value"
      mode = "between"
    }
    bad { exit }
    mode == "string begins" { begins_string() }
    mode != "between" { string_piece($0); mode = in_string ? "in string" : "between"; next }
    {
      if (NR == 1) sub(/^\357\273\277/, "")
      between($0)
      mode = "string begins" # if any text follows
    }
    END {
      if (bad || state != "done") exit 2
      if (!found) exit 1
      if (found == 2) exit 3
      for (at = 1; at <= values; at++) printf "%s", value[at]
      print ""
    }'
}
