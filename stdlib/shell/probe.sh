# ---- probe: questions, expectations, and how long it is tried -----------------------------------
#
# A declaration (a function of the application part) says how often and how long, what is asked and what
# is expected; `run_gate` and `run_verify` make tries of it.

probe_said=''    # why the last try did not pass
probe_failure='' # the same in a word: refused timeout resolve tls broken redirect status color body header json exec tcp unhealthy died
probe_worst=0    # the longest that all tries may take, in milliseconds

# reset_probe: forgets the last declaration.
reset_probe() {
  every=500 within=60000 timeout=2000 after=0 passes=2 attempts=0
  question_kind=() question_subject=() question_fields=() question_via=() question_content=() question_first=() question_count=()
  question_words=()
  expect_of=() expect_part=() expect_name=() expect_relation=() expect_value=()
}

# tries every MS within MS timeout MS after MS passes N [attempts N]
tries() {
  while (($#)); do
    case $1 in
      every) every=$2 ;;
      within) within=$2 ;;
      timeout) timeout=$2 ;;
      after) after=$2 ;;
      passes) passes=$2 ;;
      attempts) attempts=$2 ;;
    esac
    shift 2
  done
  probe_worst=$within
}

# ask get|head|post URL, ask tcp HOST:PORT, ask exec PROGRAM ARG…, ask inside PROGRAM ARG…, ask healthy
ask() {
  question_kind+=("$1")
  question_subject+=("${2-}")
  question_fields+=('')
  question_via+=('')
  question_content+=('')
  question_first+=("${#question_words[@]}")
  shift
  question_words+=("$@")
  question_count+=("$#")
}

# ask_header NAME VALUE, ask_body TEXT, ask_via HOST:PORT: of the question above. A line end in a header would begin another.
ask_header() {
  question_fields[${#question_kind[@]} - 1]+="${1//[$'\r\n']/ }: ${2//[$'\r\n']/ }"$'\n'
}
ask_body() { question_content[${#question_kind[@]} - 1]=$1; }
ask_via() { question_via[${#question_kind[@]} - 1]=$1; }

# expect status SET…, expect color, expect body RELATION TEXT, expect header NAME RELATION TEXT, expect json PATH RELATION TEXT
expect() {
  local name=''
  expect_of+=($((${#question_kind[@]} - 1)))
  expect_part+=("$1")
  case $1 in
    status)
      shift
      expect_relation+=(in)
      expect_value+=("$*")
      ;;
    color)
      expect_relation+=(equals)
      expect_value+=("$color")
      ;;
    body)
      expect_relation+=("$2")
      expect_value+=("$3")
      ;;
    *)
      name=$2
      expect_relation+=("$3")
      expect_value+=("$4")
      ;;
  esac
  expect_name+=("$name")
}

# run_gate DECLARATION: the color at hand passes, stays alive, and is the one that answers.
run_gate() {
  local alive_check=color_alive
  reset_probe
  "$1"
  [[ $unmanaged == no ]] || alive_check=:
  if ! try_until_passed "$alive_check"; then
    [[ $probe_failure == interrupted || $unmanaged == yes ]] || color_logs 20
    return 1
  fi
  [[ $unmanaged == no && -n $port ]] || return 0
  color_listens
  case $? in
    0 | 3) return 0 ;;
    *)
      fail_with "the answer does not come from the process that was started: $answer"
      color_logs 20
      return 1
      ;;
  esac
}

# run_verify DECLARATION: through the proxy; every service of the color stays alive meanwhile.
run_verify() {
  reset_probe
  "$1"
  try_until_passed all_alive
}

# run_verify_once DECLARATION: one try, for what is live already.
run_verify_once() {
  reset_probe
  "$1"
  try_once "$timeout"
}

# all_alive: every service of the color at hand.
all_alive() {
  local name first=$service
  for name in "${services[@]}"; do
    use "$color" "$name"
    # What is handed over after verify does not run yet.
    [[ $handover == overlap ]] || continue
    color_alive || return
  done
  use "$color" "$first"
}

# try_until_passed ALIVE: from start of try to start of try `every`; tries never overlap, nothing is waited for after the last.
try_until_passed() {
  local alive_check=$1 start until begun limit count=0 in_a_row=0
  probe_failure='' probe_said='it was never asked'
  now
  start=$now_ms
  until=$((start + within))
  pause "$after" || {
    probe_failure=interrupted
    return 1
  }
  while :; do
    now
    begun=$now_ms
    limit=$((until - now_ms))
    ((limit > 0)) || break
    if ! "$alive_check"; then
      probe_failure=died
      fail_with "$service of $color died while it was probed (after $count tries): $answer"
      return
    fi
    count=$((count + 1))
    if try_once $((limit < timeout ? limit : timeout)); then
      in_a_row=$((in_a_row + 1))
      ((in_a_row < passes)) || return 0
      probe_said="passed $in_a_row of $passes times in a row"
    else
      in_a_row=0
    fi
    if asked_to_stop; then
      probe_failure=interrupted
      return 1
    fi
    now
    ((attempts == 0 || count < attempts)) && ((begun + every < until)) || break
    pause $((begun + every - now_ms)) || {
      probe_failure=interrupted
      return 1
    }
  done
  seconds_since "$start"
  fail_with "did not pass within ${seconds}s ($count tries); the last: $probe_said"
}

# try_once MILLISECONDS: every question, every expectation. Sets `probe_said` and `probe_failure`.
try_once() {
  local at until=0
  now
  until=$((now_ms + $1))
  probe_failure='' probe_said=''
  for at in "${!question_kind[@]}"; do
    now
    ((until > now_ms)) || {
      probe_failure=timeout
      probe_said="${question_subject[at]}: no time was left for it in this try"
      return 1
    }
    question_passes "$at" $((until - now_ms)) || return 1
  done
}

# question_passes AT MILLISECONDS
question_passes() {
  local at=$1 limit=$2 code
  local -a words
  case ${question_kind[at]} in
    get | head | post) http_passes "$at" "$limit" ;;
    tcp)
      bounded "$limit" connect_to "${question_subject[at]%:*}" "${question_subject[at]##*:}" && return 0
      probe_failure=tcp
      probe_said="no connection to ${question_subject[at]}"
      return 1
      ;;
    healthy)
      color_healthy && return 0
      probe_failure=unhealthy
      probe_said="not healthy: $answer"
      return 1
      ;;
    exec | inside)
      words=("${question_words[@]:question_first[at]:question_count[at]}")
      if [[ ${question_kind[at]} == exec ]]; then
        bounded "$limit" probe_command "${words[@]}" >"$scratch/probe" 2>&1
        code=$?
        answer=$(tail -n 1 "$scratch/probe")
      else
        color_enter "${words[@]}"
        code=$?
      fi
      ((code != 0)) || return 0
      probe_failure=exec
      probe_said="${words[0]} ended with exit code $code${answer:+: ${answer:0:200}}"
      [[ $code != 124 ]] || probe_said="${words[0]} did not end within $limit ms"
      return 1
      ;;
  esac
}

# probe_command PROGRAM ARG…: as a step of the user's sees it.
probe_command() {
  cd "$root" 2>/dev/null || cd /
  step_environment
  exec "$@"
}

# http_passes AT MILLISECONDS
http_passes() {
  local at=$1 body='' index
  http_method=${question_kind[at]} http_url=${question_subject[at]} http_fields=${question_fields[at]}
  http_via=${question_via[at]} http_content=${question_content[at]}
  if ! http_request "$2"; then
    probe_failure=$http_failure
    probe_said="$http_url: $http_said"
    return 1
  fi
  IFS= read -r -d '' body <"$scratch/http.body" || :
  while [[ $body == *[$'\r\n'] ]]; do
    body=${body%?}
  done
  for index in "${!expect_of[@]}"; do
    ((expect_of[index] != at)) || expectation_holds "$index" || return 1
  done
}

# expectation_holds INDEX: of the answer that is in $scratch and `body`.
expectation_holds() {
  local part=${expect_part[$1]} name=${expect_name[$1]} relation=${expect_relation[$1]} value=${expect_value[$1]}
  local found word shown=${body//[[:cntrl:]]/ }
  shown=${shown:0:200}
  case $part in
    status)
      for word in $value; do
        ((http_status < ${word%%..*} || http_status > ${word##*..})) || return 0
      done
      probe_failure=status
      [[ $http_status != 3?? ]] || probe_failure=redirect
      probe_said="$http_url: status $http_status, expected ${value// / or }${shown:+; body: $shown}"
      if [[ $probe_failure == redirect ]] && http_field location; then
        probe_said="$http_url: status $http_status, a redirect to $found; expected ${value// / or }"
      fi
      return 1
      ;;
    color)
      probe_failure=color
      if http_field x-deploy-color; then
        [[ $found != "$color" ]] || return 0
        probe_said="$http_url: answered by $found (its header X-Deploy-Color), expected $color"
      else
        # A body that is the color, or has it as a word and not the other one.
        [[ $body != "$color" ]] || return 0
        if [[ " ${body//[!a-z0-9-]/ } " == *" $color "* && " ${body//[!a-z0-9-]/ } " != *" $other_color "* ]]; then
          return 0
        fi
        probe_said="$http_url: expected an answer of $color, by the header X-Deploy-Color or the body; body: $shown"
      fi
      return 1
      ;;
    body) found=$body ;;
    header)
      if ! http_field "${name,,}"; then
        probe_failure=header
        probe_said="$http_url: there is no header $name"
        return 1
      fi
      ;;
    json)
      found=$(json_get "$name" <"$scratch/http.body")
      case $? in
        0) ;;
        1)
          probe_failure=json
          probe_said="$http_url: the JSON has no $name; body: $shown"
          return 1
          ;;
        *)
          probe_failure=json
          probe_said="$http_url: the body is not JSON: $shown"
          return 1
          ;;
      esac
      ;;
  esac
  case $relation in
    equals) [[ $found != "$value" ]] || return 0 ;;
    contains) [[ $found != *"$value"* ]] || return 0 ;;
    matches) [[ ! $found =~ $value ]] || return 0 ;;
  esac
  probe_failure=$part
  found=${found//[[:cntrl:]]/ }
  probe_said="$http_url: $part${name:+ $name} is '${found:0:200}', expected that it $relation '$value'"
  return 1
}

# http_field NAME: sets `found` to the value of a header of the answer, by its name in lower case.
http_field() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    if [[ $line == *:* && ${line%%:*} != *' '* ]]; then
      found=${line%%:*}
      if [[ ${found,,} == "$1" ]]; then
        found=${line#*:}
        found=${found#"${found%%[![:blank:]]*}"}
        found=${found%"${found##*[![:blank:]]}"}
        return 0
      fi
    fi
  done <"$scratch/http.head"
  return 1
}
