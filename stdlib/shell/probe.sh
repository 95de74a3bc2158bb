# ---- probe: a color gets traffic only after it answered as it should ---------------------------

probe_said=''    # why the last try did not pass
probe_failure='' # in a word, where somebody asks: redirect, or error: what users would be shown, too
probe_worst=0    # the longest that all tries of a declaration may take, in milliseconds
unmanaged=no     # yes: of the color that is asked only the answers are known
asks_proxy=no    # yes: what is asked now is what users get, so a row of errors ends it early

# reset_probe: forgets the declaration before. The defaults are those of the language.
reset_probe() {
  probe_every=100 probe_worst=60000 probe_timeout=2000 probe_after=0 probe_passes=2 probe_attempts=''
  question_kind=() question_subject=() question_content=() question_via=()
  question_first=() question_count=() question_words=()
  header_of=() header_line=()
  expect_of=() expect_part=() expect_name=() expect_relation=() expect_value=()
}

# tries every MS within MS timeout MS after MS passes N [attempts N]: `within` is the whole, `after` included.
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

# ask get|head|post URL, ask tcp HOST:PORT, ask exec|inside PROG ARG…, ask healthy: all must pass in one try.
ask() {
  question_kind+=("$1")
  question_subject+=("${*:2}")
  question_first+=("${#question_words[@]}")
  question_count+=($(($# - 1)))
  question_words+=("${@:2}")
  question_content+=('')
  question_via+=('')
}

# ask_header NAME VALUE, ask_body TEXT, ask_via HOST:PORT: of the question above.
ask_header() {
  header_of+=($((${#question_kind[@]} - 1)))
  header_line+=("$1: $2")
}
ask_body() { question_content[${#question_kind[@]} - 1]=$1; }
ask_via() { question_via[${#question_kind[@]} - 1]=$1; }

# questions_ready: could the questions be asked on this host at all?
questions_ready() {
  local at
  for at in "${!question_kind[@]}"; do
    case ${question_kind[at]} in
      get | head | post) http_ready "${question_subject[at]}" || return ;;
      *) ;;
    esac
  done
}

# run_gate DECLARATION: the color at hand passes, stays alive, and is what answered. 143: the script was asked to stop.
run_gate() {
  declare_question "$1"
  # Of a color that this script did not start only the answers are known.
  if [[ $unmanaged == yes ]]; then
    try_until_passed : : :
  else
    try_until_passed color_alive right_listener color_logs
  fi
}

# run_verify DECLARATION: the same through the proxy; every service of the color stays alive meanwhile.
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

# run_verify_once DECLARATION: one try, for what is live already. `probe_said` says why it did not pass.
run_verify_once() {
  local try_kind='' try_wanted='' try_target=''
  declare_question "$1"
  one_try "$probe_timeout" && return 0
  probe_said="$try_wanted $try_target: $probe_said"
  return 1
}

# all_alive: every service of the color at hand that was started before its hand-over.
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

# release_alive, release_logs LINES: the same of an older release, by its own script: its services and drivers may be others.
release_alive() { of_release "$release" alive overlap; }
release_logs() {
  of_release "$release" logs "$1" || return 0
  show_logs_of 'its log'
}

# try_until_passed ALIVE LISTENER LOGS: tries as the declaration at hand says. ALIVE: is it still running?
# LISTENER: is it what answered? LOGS N: its last lines, for the report. On failure `reason` says which it was.
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
      # What listens at the first pass of a row, and stays alive, is what answers all of it.
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
    # However it was answered: what has died fails at once, and what passes lives.
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
      # A last try that was cut short by the end of the whole says less than the one before it.
      if [[ -z $last || $limit == "$probe_timeout" || $try_kind != 'timed out' ]]; then
        last=$probe_said
        wanted="$try_wanted $try_target"
      fi
      [[ -n ${count[$try_kind]-} ]] || kinds+=("$try_kind")
      count[$try_kind]=$((${count[$try_kind]-0} + 1))
    fi
    # Users have this color. What shows them an error three times in a row is not waited for.
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

# not_passed: the reason, in one sentence, and what the application wrote last. Fails.
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

# still_alive: what was started has not ended. If it has: why, and at once. 2: nobody could tell in time.
still_alive() {
  local code
  "$is_alive"
  code=$?
  ((code != 0)) || return 0
  ! asked_to_stop || return 143
  # Only a clear no is one: whoever was asked may have been too slow, or been killed.
  ((code == 1)) || return 2
  fail_with "$probe_service of $color died while it was probed: ${answer:-it is gone}${probe_said:+; the last try said: $probe_said}"
  "$show_logs" 20
  return 1
}

# rest_alive MILLISECONDS: waits, and looks once a second whether it is still alive.
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

# rest_until_listening MILLISECONDS: as `rest_alive`, but over when somebody listens on the port that refused until now: then the next
# try may pass. A look at the port takes 2 to 4 ms, at most about a tenth of the time; a host that counts no new sockets needs none.
rest_until_listening() {
  local until seen code sockets before rest=10
  now
  until=$((now_ms + $1))
  seen=$now_ms
  count_sockets
  before=$sockets
  if port_listens "$port"; then
    # At another address, perhaps.
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

# right_listener: it is what was started that answered on its port. 1: nothing of it listens, perhaps not yet; 2: somebody else does.
right_listener() {
  local said found
  # Of a driver that cannot tell only the answers are known.
  [[ -n $port ]] && run_has listens || return 0
  color_listens
  case $? in
    1)
      try_kind='nobody listens'
      try_wanted='not the expected answer from'
      probe_said="the probe was answered, but no process of $color listens on port $port"
      return 1
      ;;
    2)
      said=$answer
      # A program that went into the background has left somebody of its own there; that it ended says more.
      still_alive
      (($? != 1)) || return 2
      fail_with "port $port was answered by another process: $said; $service of $color does not listen there"
      "$show_logs" 20
      return 2
      ;;
    # 3: who it is cannot be seen.
    0 | 3) return 0 ;;
    *)
      try_kind='no answer'
      try_wanted='cannot tell who answered'
      probe_said=$answer
      return 1
      ;;
  esac
}
