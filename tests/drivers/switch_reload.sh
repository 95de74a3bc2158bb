# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite and of its subjects
#
# The checks of `test`, `reload`, `confirm` and `draining` of a switch driver. switch.sh says what a subject must
# define.

check_reports_a_broken_configuration() {
  begin blue
  subject_break
  expect 1 test
  [[ -n $answer ]] || fail 'it does not say why'
}

check_reports_a_reload_that_is_not_in_force() {
  begin blue
  "$suite/../../testapp" --port 8099 >/dev/null 2>&1 &
  until_true 5 listens 8099
  swap_to green
  subject_listen 8099
  call reload
  call confirm "$snapshot"
  ((code == 1)) || fail "the port is taken and the old configuration serves, but confirm answers $code"
  [[ -n $answer ]] || fail 'it does not say why'
  serves blue || fail 'blue does not serve any more'
}

# The workers die, and the master starts new ones with the old configuration.
check_is_not_fooled_by_workers_that_died() {
  local pid
  begin blue
  "$suite/../../testapp" --port 8099 >/dev/null 2>&1 &
  until_true 5 listens 8099
  swap_to green
  subject_listen 8099
  for pid in $(subject_workers); do
    kill -KILL "$pid"
  done
  sleep 0.3
  call reload
  for pid in $(subject_workers); do
    kill -KILL "$pid"
  done
  call confirm "$snapshot"
  ((code == 1)) || fail "no reload is in force, but confirm answers $code"
}

# The workers die one after the other, and one is missing when the reload is requested.
check_is_not_fooled_by_a_worker_that_is_gone() {
  local -a before
  local master pid
  begin blue
  "$suite/../../testapp" --port 8099 >/dev/null 2>&1 &
  until_true 5 listens 8099
  swap_to green
  subject_listen 8099
  mapfile -t before < <(subject_workers)
  master=$(parent_of "${before[0]}")
  kill -STOP "$master"
  kill -KILL "${before[0]}"
  call reload
  kill -CONT "$master"
  for pid in "${before[@]:1}"; do
    kill -KILL "$pid"
  done
  until_true 5 has_other_workers "${before[@]}"
  call confirm "$snapshot"
  ((code == 1)) || fail "no reload is in force, but confirm answers $code"
}

# The first reload does nothing, the second one fails. Its output is only text and proves nothing.
check_evaluates_nothing_that_a_reload_says() {
  local -a before reload_with=(/srv/reload)
  begin blue
  # shellcheck disable=SC2016 # the check looks for code that expands this
  printf '%s\n' '#!/bin/bash' 'mkdir /srv/asked 2>/dev/null && exit' 'echo '\''wanted[$(touch${IFS}/srv/evaluated)] 1 - x'\' 'exit 1' >/srv/reload
  chmod +x /srv/reload
  mapfile -t before < <(subject_workers)
  swap_to green
  call reload
  kill -KILL "${before[@]}"
  until_true 5 has_other_workers "${before[@]}"
  call confirm "$snapshot"
  ((code == 1)) || fail "no reload is in force, but confirm answers $code"
  [[ ! -e /srv/evaluated ]] || fail 'the output of the reload was run as code'
}

parent_of() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1"
  printf '%s\n' "$stat_parent"
}

# has_other_workers PID…: Succeeds if the same number of workers accept connections, and none of them is in the list.
has_other_workers() {
  local -a workers
  local pid
  mapfile -t workers < <(subject_workers)
  ((${#workers[@]} == $#)) || return 1
  for pid in "${workers[@]}"; do
    [[ " $* " != *" $pid "* ]] || return 1
  done
}

check_counts_a_foreign_reload() {
  begin blue
  swap_to green
  expect 0 reload
  subject_reload
  expect 0 confirm "$snapshot"
  serves green || fail 'the reload is confirmed, but green does not serve'
}

# The workers of both configurations run when the snapshot is taken.
check_confirms_right_after_a_foreign_reload() {
  begin blue
  subject_reload
  swap_to green
  expect 0 reload
  expect 0 confirm "$snapshot"
  serves green || fail 'the reload is confirmed, but green does not serve'
}

check_a_foreign_reload_before_the_swap_is_old() {
  begin blue
  expect 0 snapshot
  snapshot=$answer
  subject_reload
  sleep 0.5
  "$suite/../../testapp" --port 8099 >/dev/null 2>&1 &
  until_true 5 listens 8099
  expect 0 write "$release/fragment"
  expect 0 swap
  subject_listen 8099
  call reload
  call confirm "$snapshot"
  ((code == 1)) || fail 'the new workers have the configuration from before the swap, but the reload is confirmed'
}

check_confirms_late() {
  begin blue
  swap_to green
  expect 0 reload
  sleep 1
  expect 0 confirm "$snapshot"
}

check_confirms_soon() {
  local began
  begin blue
  swap_to green
  now
  began=$now_ms
  expect 0 reload
  expect 0 confirm "$snapshot"
  now
  # It takes 0.1 to 0.3 s on a machine that has nothing else to do.
  ((now_ms - began < 10000)) || fail "it took $((now_ms - began)) ms"
}

check_reports_a_dead_proxy() {
  begin blue
  subject_end
  expect 1 snapshot
  [[ -n $answer ]] || fail 'it does not say why'
  expect 1 preflight
  [[ -n $answer ]] || fail 'it does not say why'
}

check_waits_for_the_last_answer() {
  local stream
  begin blue
  curl -sN 'http://127.0.0.1/stream?seconds=3' >/tmp/stream &
  stream=$!
  until_true 5 test -s /tmp/stream
  switch_to green
  expect 0 draining "$drains" blue
  [[ -n $answer ]] || fail 'it does not say which worker still answers'
  wait "$stream" || fail "the stream was cut: $(tail -c 200 /tmp/stream)"
  until_true 3 drained || fail "the stream has ended, but the drain has not: $answer"
}

# A worker that another app's reload has told to end still answers for our previous color.
check_waits_for_workers_of_an_earlier_reload() {
  local stream
  begin blue
  # The stream takes 10 s, because a very busy machine may need so long for two reloads.
  curl -sN 'http://127.0.0.1/stream?seconds=10' >/tmp/stream &
  stream=$!
  until_true 5 test -s /tmp/stream
  expect 0 snapshot
  snapshot=$answer
  expect 0 reload
  expect 0 confirm "$snapshot"
  switch_to green
  expect 0 draining "$drains" blue
  wait "$stream" || fail "the stream was cut: $(tail -c 200 /tmp/stream)"
  until_true 3 drained || fail "the stream has ended, but the drain has not: $answer"
}

drained() {
  call draining "$drains" blue
  ((code == 1))
}

# A long answer of another site keeps the old workers. They have no connection to our color.
check_does_not_wait_for_other_sites() {
  local stream
  subject_other_site 8090
  "$suite/../../testapp" --port 8090 >/dev/null 2>&1 &
  begin blue
  curl -sN 'http://127.0.0.1:81/stream?seconds=20' >/tmp/stream &
  stream=$!
  until_true 5 test -s /tmp/stream
  switch_to green
  until_true 10 drained || fail "it waits for another site: $answer"
  kill -0 "$stream" || fail 'the stream was cut'
}
