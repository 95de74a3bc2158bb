# ---- probe: a color gets traffic only after it has answered as expected --------------------------

probe_said=''    # why the last try did not pass
probe_failure='' # why, in one word, for some failures: `redirect`; or `error`, if users would see an error, too
probe_worst=0    # the longest that all tries of a declaration may take, in milliseconds
unmanaged=no     # yes: this script did not start the color, so only its answers can be checked
asks_proxy=no    # yes: users get these answers now, so three errors in a row end the tries early

# reset_probe: Forgets the last declaration. Sets the defaults of the language.
reset_probe() {
  probe_every=100 probe_worst=60000 probe_timeout=2000 probe_after=0 probe_passes=2 probe_attempts=''
  question_kind=() question_subject=() question_content=() question_via=() question_ca=()
  question_first=() question_count=() question_words=()
  header_of=() header_line=()
  expect_of=() expect_part=() expect_name=() expect_relation=() expect_value=()
  color_sign=''
}

# tries every MS within MS timeout MS after MS passes N [attempts N]: Sets how often and how long to try. `within` is
# the total time, `after` included.
tries() {
  while (($#)); do
    case $1 in
      every) probe_every=$2 ;;
      within) probe_worst=$2 ;;
      timeout) probe_timeout=$2 ;;
      after) probe_after=$2 ;;
      passes) probe_passes=$2 ;;
      attempts) probe_attempts=$2 ;;
      *) ;;
    esac
    shift 2
  done
}

# ask get|head|post URL, ask tcp HOST:PORT, ask exec|inside PROG ARG…, ask healthy: Add a question. In one try all
# questions must pass.
ask() {
  question_kind+=("$1")
  question_subject+=("${*:2}")
  question_first+=("${#question_words[@]}")
  question_count+=($(($# - 1)))
  question_words+=("${@:2}")
  question_content+=('')
  question_via+=('')
  question_ca+=('')
}

# ask_header NAME VALUE, ask_body TEXT, ask_via HOST:PORT, ask_ca FILE: Belong to the last question before them.
ask_header() {
  header_of+=($((${#question_kind[@]} - 1)))
  header_line+=("$1: $2")
}
ask_body() { question_content[${#question_kind[@]} - 1]=$1; }
ask_via() { question_via[${#question_kind[@]} - 1]=$1; }
ask_ca() { question_ca[${#question_kind[@]} - 1]=$1; }

# questions_ready: Fails if this host cannot ask one of the questions.
questions_ready() {
  local at
  for at in "${!question_kind[@]}"; do
    case ${question_kind[at]} in
      get | head | post) http_ready "${question_subject[at]}" && ca_ready "${question_ca[at]}" || return ;;
      *) ;;
    esac
  done
}

# ca_ready FILE: Fails if the certificates cannot be read. A file in the new release is not there yet.
ca_ready() {
  [[ -z $1 || -r $1 || $1 == "$slot"/* ]] || fail_with "cannot read the certificates in $1, which \`ca\` names: put a file that this user can read there, or correct the path"
}

# run_gate DECLARATION: Succeeds if the current color passes, stays alive, and gave the answers itself. Returns 143 if
# the script was asked to stop.
run_gate() {
  declare_question "$1"
  # This script did not start the color, so its processes are not known.
  if [[ $unmanaged == yes ]]; then
    try_until_passed : : :
  else
    try_until_passed color_alive right_listener color_logs
  fi
}

# run_verify DECLARATION: Asks through the proxy. Meanwhile every service of the color must stay alive.
run_verify() {
  local code
  asks_proxy=yes
  ask_through_proxy "$1"
  code=$?
  asks_proxy=no
  return "$code"
}

ask_through_proxy() {
  declare_question "$1"
  if [[ $unmanaged == yes ]]; then
    try_until_passed : : :
  elif [[ ${journal[phase]} == idle ]] || is_of_this_script "$release"; then
    try_until_passed all_alive : color_logs
  else
    try_until_passed release_alive : release_logs
  fi
}

# run_verify_once DECLARATION: Makes one try, for a color that is live already. If it fails, `probe_said` says why.
run_verify_once() {
  local try_kind='' try_wanted='' try_target='' code
  declare_question "$1"
  asks_proxy=yes
  one_try "$probe_timeout"
  code=$?
  asks_proxy=no
  ((code == 0)) || probe_said="$try_wanted $try_target: $probe_said"
  return "$code"
}

# all_alive: Succeeds if every overlapping service of the current color is alive. Exclusive services are started later.
all_alive() {
  local name code
  for name in "${services[@]}"; do
    overlaps "$name" || continue
    probe_service=$name
    at new "$name" color_alive || {
      code=$?
      return "$code"
    }
  done
  probe_service=$service
}

# release_alive, release_logs LINES: Do the same for an older release, by its own script, because its services and
# drivers may differ.
release_alive() { of_release "$release" alive overlap; }
release_logs() {
  of_release "$release" logs "$1" || return 0
  show_logs_of 'its log'
}

# try_until_passed ALIVE LISTENER LOGS: Tries as the current declaration says. ALIVE is a function that says whether the
# color still runs, LISTENER whether it gave the answers itself. LOGS prints its last lines for the report. If it fails,
# `reason` says why.
try_until_passed() {
  local is_alive=$1 listener=$2 show_logs=$3 end start limit number=0 row=0 best=0 errors=0 code probe_service=$service
  local try_kind='' try_wanted='' try_target='' last='' wanted=''
  local -a kinds=()
  local -A count=()
  probe_said=''
  now
  end=$((now_ms + probe_worst))
  if ((probe_after > 0)); then
    rest_alive "$probe_after" || return
  fi
  while :; do
    now
    start=$now_ms
    limit=$((end - start < probe_timeout ? end - start : probe_timeout))
    ((limit > 0)) || break
    number=$((number + 1))
    one_try "$limit"
    code=$?
    [[ $code != 143 ]] || return 143
    if ((code == 0)); then
      row=$((row + 1))
      # A process that listens at the first pass of a row, and stays alive, gives all answers of the row.
      if ((row == 1)); then
        "$listener"
        code=$?
        ((code != 2)) || return 1
        ((code == 0)) || row=0
      fi
      ((row <= best)) || best=$row
    else
      row=0
    fi
    # Even after a good answer: a color that has died fails at once, and a color passes only if it is alive.
    still_alive
    code=$?
    ((code == 0 || code == 2)) || return "$code"
    if ((row >= probe_passes)); then
      ((code == 2)) || return 0
      row=0
      try_kind='no answer'
      probe_said=$answer
    fi
    if ((row == 0)); then
      # The end of the total time may shorten the last try. If such a try timed out, the try before it says more.
      if [[ -z $last || $limit == "$probe_timeout" || $try_kind != 'timed out' ]]; then
        last=$probe_said
        wanted="$try_wanted $try_target"
      fi
      [[ -n ${count[$try_kind]-} ]] || kinds+=("$try_kind")
      count[$try_kind]=$((${count[$try_kind]-0} + 1))
    fi
    # Users get this color now. After three errors in a row the script does not wait any longer.
    if ((row == 0)) && [[ $asks_proxy == yes && $probe_failure == error ]]; then
      errors=$((errors + 1))
      ((errors < 3)) || break
    else
      errors=0
    fi
    [[ -z $probe_attempts ]] || ((number < probe_attempts)) || break
    ((start + probe_every < end)) || break
    now
    if ((start + probe_every <= now_ms)); then
      :
    elif [[ $try_kind == refused && $listener == right_listener ]] && ((row == 0)); then
      rest_until_listening $((start + probe_every - now_ms)) || return
    else
      rest_alive $((start + probe_every - now_ms)) || return
    fi
  done
  not_passed
}

# not_passed: Fails with the reason in one sentence. Prints the last lines of the application's log.
not_passed() {
  local kind summary='' in_seconds
  for kind in ${kinds[@]+"${kinds[@]}"}; do
    summary+="${summary:+, }${count[$kind]} × $kind"
  done
  ((${#kinds[@]} > 1)) || summary=''
  in_seconds "$probe_worst"
  if ((errors >= 3)); then
    fail_with "$wanted: users get an error, $(tries_in_words)${summary:+ ($summary)}, three in a row, last: $last"
  elif ((number == 0)); then
    fail_with "no time was left to ask ${question_subject[0]}"
  elif ((best > 0)); then
    fail_with "only $best of $probe_passes passes in a row from ${question_subject[0]} within $in_seconds: $(tries_in_words)${summary:+ ($summary)}${last:+, last failure: $last}"
  else
    fail_with "$wanted within $in_seconds: $(tries_in_words)${summary:+ ($summary)}, last: $last"
  fi
  "$show_logs" 20
  return 1
}

tries_in_words() {
  if ((number == 1)); then
    printf '1 try'
  else
    printf '%d tries' "$number"
  fi
}

# still_alive: Succeeds if the started color has not ended. Returns 1 and sets the reason if it has ended, 2 if this
# could not be found out in time.
still_alive() {
  local code
  "$is_alive"
  code=$?
  ((code != 0)) || return 0
  ! asked_to_stop || return 143
  # Only exit code 1 means no. With any other code the driver was too slow or was killed.
  ((code == 1)) || return 2
  fail_with "$probe_service of $color died while it was probed: ${answer:-it is gone}${probe_said:+; the last try said: $probe_said}"
  "$show_logs" 20
  return 1
}

# rest_alive MILLISECONDS: Waits, and checks once a second whether the color is still alive.
rest_alive() {
  local until code
  now
  until=$((now_ms + $1))
  while ((now_ms < until)); do
    pause $((until - now_ms < 1000 ? until - now_ms : 1000)) || return 143
    now
    ((now_ms < until)) || return 0
    still_alive
    code=$?
    ((code == 0 || code == 2)) || return "$code"
    now
  done
}

# rest_until_listening MILLISECONDS: Does the same as `rest_alive`, but ends as soon as a process listens on the port
# that refused until now, because then the next try may pass. A look at the port takes 2 to 4 ms, at most about a tenth
# of the time. While the host has no new sockets, no look is needed.
rest_until_listening() {
  local until seen code sockets before rest=10
  now
  until=$((now_ms + $1))
  seen=$now_ms
  count_sockets
  before=$sockets
  if port_listens "$port"; then
    # A process listens already, perhaps at another address. So only time can help.
    rest_alive "$1"
    return
  fi
  while ((now_ms < until)); do
    pause $((until - now_ms < rest ? until - now_ms : rest)) || return 143
    rest=10
    count_sockets
    if [[ $sockets != "$before" ]]; then
      before=$sockets
      ! port_listens "$port" || return 0
      rest=25
    fi
    now
    ((now_ms - seen >= 1000)) || continue
    still_alive
    code=$?
    ((code == 0 || code == 2)) || return "$code"
    now
    seen=$now_ms
  done
}

# right_listener: Succeeds if the started color listens on its port, so that it gave the answers itself. Returns 1 if it
# does not listen, perhaps not yet; 2 if another process listens.
right_listener() {
  local said found
  # If the driver cannot tell who listens, only the answers count.
  [[ -n $port ]] && run_has listens || return 0
  color_listens
  case $? in
    1)
      try_kind='no process listens'
      try_wanted='not the expected answer from'
      probe_said="the probe was answered, but no process of $color listens on port $port"
      return 1
      ;;
    2)
      said=$answer
      # The program may have ended and left a child that listens. Then its end is the better reason.
      still_alive
      (($? != 1)) || return 2
      fail_with "port $port was answered by another process: $said; $service of $color does not listen there"
      "$show_logs" 20
      return 2
      ;;
    # 3: the driver cannot see which process listens.
    0 | 3) return 0 ;;
    *)
      try_kind='no answer'
      try_wanted='cannot tell who answered'
      probe_said=$answer
      return 1
      ;;
  esac
}
