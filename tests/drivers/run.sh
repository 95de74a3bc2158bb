# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of suite.sh, which sources this file
#
# The checks that every `run` driver must pass. A subject defines:
#   subject_begin                sets up the host
#   subject_settings             sets the driver's settings for a program that behaves as the array `behaviour` says;
#                                a check may set the program's user (`subject_user`), its log limit in bytes
#                                (`subject_log`) and its environment (`subject_env`, NAME=VALUE…)
#   subject_false_identity PID   prints an identity that looks right but belongs to a process of somebody else
#   subject_not_ready            only for a driver with `preflight`: removes something that `preflight` needs
#
# A driver may leave some functions out. A check of such a function has the line `# where it has FUNCTION` above it.

# begin [BEHAVIOUR…]: Makes a new release of blue. Its program behaves as BEHAVIOUR says.
begin() {
  behaviour=("${@:-serves}")
  new_release "${release_id:-r1}" blue
}

# up: Starts the program. Fails unless it listens.
up() {
  expect 0 stage
  expect 0 start
  until_true 5 answers_listens || fail "listens says $code: $answer"
}

answers_listens() {
  call listens
  [[ $code == 0 || $code == 3 ]] && listens "$port"
}

# ours: Prints the pids of the programs that the suite has started through the driver.
ours() {
  pgrep -f "testapp --port $port"
}

check_has_every_setting() {
  new_release r1 blue
  sets_all_settings
}

check_has_every_function() {
  local name
  for name in $(functions_of run); do
    has "$name" || fail "none of $chain has $name"
  done
}

check_starts_and_stops() {
  begin
  up
  expect 0 alive
  [[ -s $release/identity.app ]] || fail 'no identity was saved'
  [[ $(curl -s 127.0.0.1:8081/profile) == blue ]] || fail 'the program does not answer'
  expect 0 stop
  expect 1 alive
  [[ -n $answer ]] || fail 'alive does not say why not'
  ! listens "$port" || fail 'something still listens'
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
  expect 0 stop
  expect 0 clear
}

# If the identity cannot be saved, the program must not run, because nothing would ever stop it.
check_runs_only_when_its_identity_is_kept() {
  begin
  # shellcheck disable=SC2317 # the driver calls it
  save_identity() { return 1; }
  expect 1 start
  [[ -n $answer ]] || fail 'start does not say why'
  until_true 5 nothing_is_ours || fail "processes are left: $(ours)"
  ! listens "$port" || fail 'something listens'
}

nothing_is_ours() { [[ -z $(ours) ]]; }

# The script is killed right before it saves the identity.
check_ends_with_its_starter() {
  begin
  # shellcheck disable=SC2317 # the driver calls it
  save_identity() { kill -KILL "$BASHPID"; }
  call start
  ((code != 0)) || fail 'start was killed, but it answers 0'
  until_true 5 nothing_is_ours || fail "processes are left: $(ours)"
  ! listens "$port" || fail 'something listens'
}

# Something else has started the program. If something else also keeps it running, it must not be adopted.
check_is_adopted() {
  begin
  up
  mv "$release/identity.app" "$release/kept"
  call adopt
  if ((code == 1)); then
    says .service
    mv "$release/kept" "$release/identity.app"
  else
    expect 0 alive
  fi
  expect 0 stop
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
}

check_adopts_nothing_where_nobody_listens() {
  begin
  expect 1 adopt
  [[ -n $answer ]] || fail 'adopt does not say why not'
  [[ ! -e $release/identity.app ]] || fail 'an identity was saved'
}

# where it has preflight
check_preflight_only_looks() {
  local before
  begin
  # A subject may put its artifact there.
  (at new app subject_settings)
  before=$(ls -A "$release" "$release/slot")
  expect 0 preflight
  expect 0 preflight
  [[ $(ls -A "$release" "$release/slot") == "$before" ]] || fail "before preflight the release had $before, now it has $(ls -A "$release" "$release/slot")"
  nothing_is_ours || fail "it started $(ours)"
  subject_not_ready
  expect 1 preflight
  [[ -n $answer && $answer != *$'\n'* ]] || fail "preflight must say in one line what is missing: $answer"
}

# `fetch` runs before anything of the idle color is cleared, and again after a kill.
# where it has fetch
check_fetches_beside_what_runs() {
  begin
  up
  release_id=r2 begin
  expect 0 fetch
  expect 0 fetch
  [[ ! -e $release/identity.app ]] || fail 'fetch has started the program'
  release_id=r1 begin
  expect 0 alive
  listens "$port" || fail 'the program of the idle color does not listen any more'
  expect 0 stop
  release_id=r2 begin
  up
  expect 0 stop
}

# where it has offers
check_offers_values() {
  local line
  begin
  up
  expect 0 offers
  [[ -n $answer ]] || fail 'it offers nothing'
  while IFS= read -r line; do
    [[ $line =~ ^[a-z][a-z0-9.-]*=[^[:cntrl:]]+$ ]] || fail "this line is not NAME=VALUE: $line"
  done <<<"$answer"
  expect 0 stop
}

check_was_never_started() {
  begin
  expect 1 alive
  expect 0 stop
  expect 0 clear
}

check_starts_again() {
  begin
  up
  expect 0 stop
  up
  expect 0 alive
  expect 0 stop
}

check_answers_in_one_line() {
  local name
  begin
  expect 0 stage
  expect 0 start
  until_true 5 answers_listens || fail 'it does not listen'
  for name in alive listens 'persist on' 'persist off' stop alive clear; do
    # shellcheck disable=SC2086 # a function and its argument
    call $name
    [[ $answer != *$'\n'* ]] || fail "$name answered more than one line: $answer"
  done
}

check_leaves_the_script_alone() {
  local name before
  begin
  for name in preflight fetch stage start alive listens offers logs persist stop clear; do
    has "$name" || continue
    before=$(state_of_the_shell)
    case $name in
      logs) directly logs 5 ;;
      persist) directly persist on ;;
      *) directly "$name" ;;
    esac >/dev/null 2>&1 </dev/null
    is_unchanged "$name" "$before"
  done
}

check_shows_the_log() {
  begin
  up
  expect 0 logs 20
  says 'testapp: '
  expect 0 logs 1
  [[ $answer != *$'\n'* ]] || fail "logs 1 must print one line: $answer"
  expect 0 stop
}

check_outlives_its_caller() {
  local pid descriptor session stat_state stat_parent stat_session stat_start
  begin
  up
  pid=$(ours | head -n 1)
  for descriptor in "/proc/$pid/fd/"*; do
    [[ $(readlink "$descriptor") != *lock* ]] || fail "it holds the script's lock: $(readlink "$descriptor")"
  done
  pid_stat $$
  session=$stat_session
  pid_stat "$pid"
  [[ $stat_session != "$session" ]] || fail 'it is in the session of the script'
  for descriptor in 0 1 2; do
    [[ $(readlink "/proc/$pid/fd/$descriptor") != "$(readlink "/proc/$$/fd/$descriptor")" || $descriptor == 0 ]] \
      || fail "it holds the script's descriptor $descriptor"
  done
  expect 0 stop
}

check_ignores_no_signal() {
  local pid ignored
  begin
  trap '' HUP QUIT PIPE
  up
  pid=$(ours | head -n 1)
  ignored=$(awk '$1 == "SigIgn:" { print $2 }' "/proc/$pid/status")
  # Rust's runtime itself ignores PIPE (bit 12). HUP, INT, QUIT and TERM are the bits 0, 1, 2 and 14.
  (((16#$ignored & 16#4007) == 0)) || fail "it was started with signals ignored: $ignored"
  expect 0 stop
}

# A caller's limits, such as those of a CI's agent, do not reach the program. At the next boot they would be others.
check_inherits_no_limit_of_the_caller() {
  local pid usual nice
  begin
  up
  pid=$(ours | head -n 1)
  usual=$(<"/proc/$pid/limits")
  nice=$(limit_of_nice "$pid")
  expect 0 stop
  begin
  ulimit -S -n 200
  ulimit -S -c unlimited
  renice -n 7 -p "$$" >/dev/null || fail 'renice does not work'
  up
  pid=$(ours | head -n 1)
  [[ $(<"/proc/$pid/limits") == "$usual" ]] || fail "it has other limits: $(diff <(printf '%s' "$usual") "/proc/$pid/limits")"
  [[ $(limit_of_nice "$pid") == "$nice" ]] || fail "it is nice: $(limit_of_nice "$pid"), usually $nice"
  expect 0 stop
}

limit_of_nice() {
  local line
  line=$(<"/proc/$1/stat")
  # shellcheck disable=SC2086 # the fields
  set -- ${line##*) }
  printf '%s\n' "${17}"
}

check_reports_who_has_the_port() {
  local stranger
  begin sleeps
  expect 0 stage
  expect 0 start
  call listens
  [[ $code == 1 || $code == 3 ]] || fail "nobody listens, but listens answers $code: $answer"
  "$suite/../../testapp" --port "$port" >/dev/null 2>&1 &
  stranger=$!
  until_true 5 listens "$port" || fail 'the stranger does not listen'
  call listens
  [[ $code == 2 || $code == 3 ]] || fail "a stranger listens, but listens answers $code: $answer"
  [[ $code == 3 ]] || says "$stranger"
  expect 0 stop
  kill -0 "$stranger" || fail 'the stranger was ended'
}

check_reports_that_it_ended() {
  begin ends
  expect 0 stage
  call start
  until_true 3 ended || fail "the program has ended, but alive answers $code: $answer"
  [[ -n $answer ]] || fail 'alive does not say why not'
  # The log may reach systemd's journal later.
  until_true 5 logged 'that is all' || fail "the log does not say 'that is all': $answer"
  expect 0 stop
}

logged() {
  call logs 5
  [[ $answer == *"$1"* ]]
}

ended() {
  call alive
  ((code == 1))
}

check_reports_the_exit_code() {
  begin ends
  expect 0 start
  until_true 3 ended
  says 'code 3'
  expect 0 stop
  release_id=r2 begin killed
  expect 0 start
  until_true 3 ended
  says 'signal 9 (KILL)'
}

check_kills_what_ignores_term() {
  local began
  begin stubborn
  up
  now
  began=$now_ms
  expect 0 stop
  now
  ((now_ms - began >= 1900)) || fail "killed after $((now_ms - began)) ms instead of 2000"
  ((now_ms - began < 6000)) || fail "it took $((now_ms - began)) ms"
  expect 1 alive
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
}

check_ends_quickly_what_ends_quickly() {
  local began
  stop_within_of["app"]=20000
  begin
  up
  now
  began=$now_ms
  expect 0 stop
  now
  ((now_ms - began < 1500)) || fail "it took $((now_ms - began)) ms to stop a program that ends at once"
}

check_ends_its_children() {
  begin family
  up
  [[ -n $(pgrep -f 'sleep 1000') ]] || fail 'it has no children'
  expect 0 stop
  [[ -z $(pgrep -f 'sleep 1000') ]] || fail "processes are left: $(pgrep -af 'sleep 1000')"
}

# A shell around the program is ended by TERM and leaves the program running.
check_ends_what_a_wrapper_leaves() {
  begin wrapped
  up
  expect 0 stop
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
}

# As in the check above, but the program's environment does not contain the mark of the script.
check_ends_what_forgot_its_environment() {
  begin forgetful
  up
  expect 0 stop
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
}

check_ends_what_is_left_of_a_dead_one() {
  local stat_state stat_parent stat_session stat_start
  begin wrapped
  up
  pid_stat "$(ours | head -n 1)"
  kill -KILL "$stat_parent"
  until_true 3 ended || fail 'the wrapper is dead, but alive says that it lives'
  expect 0 stop
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
}

check_reports_a_daemon() {
  begin daemon
  expect 0 start
  until_true 5 ended || fail 'the program has put itself into the background, but alive says that it is there'
  says 'foreground'
  expect 0 stop
  until_true 3 gone || fail "processes are left: $(ours)"
}

gone() { [[ -z $(ours) ]]; }

check_leaves_a_pid_of_somebody_else() {
  local pid
  begin
  sleep 1000 >/dev/null 2>&1 &
  pid=$!
  subject_false_identity "$pid" >"$release/identity.app"
  call stop
  ((code == 0)) || says 'somebody else'
  if ! kill -0 "$pid" 2>/dev/null || ! subject_stranger_lives; then
    fail 'the driver has ended a process that it did not start'
  fi
}

# A subject defines this function itself if its stranger is more than a process, for example a unit.
declare -F subject_stranger_lives >/dev/null || subject_stranger_lives() { :; }
