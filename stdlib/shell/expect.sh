# ---- expect: checks an answer against the expectations of its question ---------------------------
#
# An expectation belongs to the last question before it.

# expect status SET… | color | body RELATION TEXT | header NAME RELATION TEXT | json PATH RELATION TEXT: Adds an
# expectation. A SET is 200 or 200..299. RELATION is contains, equals or matches (a POSIX extended regular expression).
expect() {
  local name='' relation='' value=''
  case $1 in
    status) value=${*:2} ;;
    color) ;;
    body) relation=$2 value=$3 ;;
    *) name=$2 relation=$3 value=$4 ;;
  esac
  expect_of+=($((${#question_kind[@]} - 1)))
  expect_part+=("$1")
  expect_name+=("$name")
  expect_relation+=("$relation")
  expect_value+=("$value")
}

# expectations_hold QUESTION MILLISECONDS: Succeeds if the answer fulfils every expectation of the question. If not,
# sets `try_kind` and `probe_said` to what was found, and `try_wanted` to what was expected.
expectations_hold() {
  local at one body='' has_body=no
  local LC_ALL=C # bytes, not characters: this is faster, and no byte is invalid
  local -a statuses=()
  find_statuses "$1"
  for one in ${statuses[@]+"${statuses[@]}"}; do
    status_fits "$one" || return
  done
  for at in ${expect_part[@]+"${!expect_part[@]}"}; do
    [[ ${expect_of[at]} == "$1" ]] || continue
    case ${expect_part[at]} in
      body) body_fits "$at" ;;
      header) header_fits "$at" ;;
      json) json_fits "$at" "$2" ;;
      color) color_fits "$2" ;;
      *) ;;
    esac || return
  done
}

# find_statuses QUESTION: Sets `statuses` to the sets of each `expect status` of the question, all of which must hold.
# Without one the status must be 2xx.
find_statuses() {
  local at
  statuses=()
  for at in ${expect_part[@]+"${!expect_part[@]}"}; do
    [[ ${expect_of[at]} != "$1" || ${expect_part[at]} != status ]] || statuses+=("${expect_value[at]}")
  done
  ((${#statuses[@]})) || statuses=(200..299)
}

# status_fits SETS: Succeeds if the status is in one of the SETS.
status_fits() {
  local set value shown=''
  ! status_is_in "$http_status" "$1" || return 0
  for set in $1; do
    [[ $set =~ ^([1-5])00\.\.([1-5])99$ && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] && set=${BASH_REMATCH[1]}xx
    shown+="${shown:+ or }$set"
  done
  try_kind="status $http_status"
  [[ $http_status != 5* ]] || probe_failure=error
  try_wanted="no $shown from"
  probe_said="status $http_status"
  if [[ $http_status == 3* ]] && http_header location; then
    probe_failure=redirect
    excerpt "$value"
    probe_said+=", a redirect to $excerpt"
    return 1
  fi
  load_body
  excerpt "$body"
  [[ -z $excerpt ]] || probe_said+=", body $excerpt"
  return 1
}

# status_is_in STATUS SETS: Succeeds if the status is in one of the SETS.
status_is_in() {
  local set
  [[ $1 == [1-5][0-9][0-9] ]] || return 1
  for set in $2; do
    (($1 < ${set%%..*} || $1 > ${set##*..})) || return 0
  done
  return 1
}

# load_body: Sets `body`, once for each answer, without the line ends at its end.
load_body() {
  local tail
  [[ $has_body == no ]] || return 0
  has_body=yes
  http_body
  # Line ends are removed in blocks of 4096 bytes. Removing 1 MiB of line ends one by one would take minutes.
  while [[ $body == *[$'\r\n'] ]]; do
    tail=$body
    ((${#body} <= 4096)) || tail=${body: -4096}
    if [[ $tail == *[!$'\r\n']* ]]; then
      tail=${tail##*[!$'\r\n']}
      body=${body:0:${#body}-${#tail}}
      break
    fi
    body=${body:0:${#body}-${#tail}}
  done
}

# text_fits TEXT RELATION EXPECTED: Succeeds if TEXT equals, contains or matches EXPECTED. Sets `try_wanted` for the
# message.
text_fits() {
  try_wanted='not the expected answer from'
  case $2 in
    equals) [[ $1 == "$3" ]] ;;
    contains) [[ $1 == *"$3"* ]] ;;
    matches) [[ $1 =~ $3 ]] ;;
    *) return 1 ;; # an unknown relation must not pass
  esac
}

# misfit WHAT TEXT RELATION EXPECTED: Sets `try_kind` and `probe_said` to what was found and what was expected. Fails.
misfit() {
  local found wanted excerpt
  excerpt "$2"
  found=${excerpt:-empty}
  excerpt "$4"
  wanted=$excerpt
  try_kind="wrong $1"
  case $3 in
    equals) probe_said="$1 is $found, expected $wanted" ;;
    contains) probe_said="$1 is $found, expected it to contain $wanted" ;;
    matches) probe_said="$1 is $found, expected it to match $wanted" ;;
    *) probe_said="this script cannot compare $1: it does not know the relation $3" ;;
  esac
  return 1
}

# body_fits EXPECTATION: Succeeds if the body is as expected.
body_fits() {
  local what=body
  load_body
  text_fits "$body" "${expect_relation[$1]}" "${expect_value[$1]}" && [[ $http_cut == no || ${expect_relation[$1]} != equals ]] && return 0
  [[ $http_cut == no ]] || what="body (its first $((http_limit / 1024)) KiB)"
  misfit "$what" "$body" "${expect_relation[$1]}" "${expect_value[$1]}"
}

# header_fits EXPECTATION: Succeeds if the header is as expected.
header_fits() {
  local value
  try_wanted='not the expected answer from'
  if ! http_header "${expect_name[$1]}"; then
    try_kind="no header ${expect_name[$1]}"
    probe_said="status $http_status without a header ${expect_name[$1]}"
    return 1
  fi
  text_fits "$value" "${expect_relation[$1]}" "${expect_value[$1]}" \
    || misfit "header ${expect_name[$1]}" "$value" "${expect_relation[$1]}" "${expect_value[$1]}"
}

# json_fits EXPECTATION MILLISECONDS: Succeeds if the value at the JSON path is as expected. Reading it may take
# MILLISECONDS.
json_fits() {
  local value code path=${expect_name[$1]}
  bounded "$2" json_of_body "$path" >"$scratch/http.value" 2>/dev/null
  code=$?
  try_wanted='not the expected answer from'
  case $code in
    0)
      IFS= read -r -d '' value <"$scratch/http.value" || :
      value=${value%$'\n'}
      text_fits "$value" "${expect_relation[$1]}" "${expect_value[$1]}" \
        || misfit "json $path" "$value" "${expect_relation[$1]}" "${expect_value[$1]}"
      return
      ;;
    1) try_kind="no json $path" ;;
    3) try_kind="json $path is a list or an object" ;;
    124) try_kind='json too slow to read' ;;
    143) return 143 ;;
    *) try_kind='body is not JSON' ;;
  esac
  [[ $code == 1 || $code == 3 || $http_cut == no ]] || try_kind="body is longer than $((http_limit / 1024)) KiB, too long for json"
  load_body
  excerpt "$body"
  probe_said="status $http_status, $try_kind: ${excerpt:-empty}"
  return 1
}

# json_of_body PATH: Prints the value at this path of the body.
json_of_body() {
  json_get "$1" <"$scratch/http.body"
}

# excerpt TEXT: Sets `excerpt` to the first 200 bytes of TEXT on one line. Secrets are masked before the text is cut.
excerpt() {
  local secret longest=0 masked text=$1 cut=no LC_ALL=C
  for secret in ${secret_values[@]+"${secret_values[@]}"}; do
    ((${#secret} <= longest)) || longest=${#secret}
  done
  # If the end of the window cuts a secret in two, the secret is not recognised. So the last bytes, as many as the
  # longest secret has, are dropped.
  if ((${#text} > 4096 + longest)); then
    text=${text:0:longest+4096}
    cut=yes
  fi
  mask "$text"
  text=$masked
  if [[ $cut == yes ]]; then
    ((${#text} >= longest)) || longest=${#text}
    text=${text:0:${#text}-longest}
  fi
  if ((${#text} > 200)); then
    text=${text:0:200}
    # Remove a character that was cut in two.
    while [[ $text == *[$'\x80'-$'\xbf'] ]]; do
      text=${text%?}
    done
    text=${text%[$'\xc0'-$'\xff']}
    cut=yes
  fi
  text=${text//[[:cntrl:]]/ }
  excerpt=$text
  [[ $cut == no ]] || excerpt+='…'
}
