# ---- clock: monotonic time, interruptible waits, deadlines for everything ----------------------

now_ms=0         # set by `now`
interrupted=''   # the signal that asked the script to stop
shielded=no      # yes while a way back, or the write of a commit, must not be cut short
clock_owner=''   # the process that reads descriptor 7
parents_clock=7  # in a subshell of `bounded`: the descriptor of the clock that it wakes
woken_by=''      # what `nap` was woken by: the process whose end it was, or ''
followed_fd=''   # the output of a step of the user's, shown while it runs
followed_part='' # of it: a line whose end is not written yet

# now: sets `now_ms`, milliseconds of a clock that nobody sets. No process is started for it.
now() {
  local uptime _
  read -r uptime _ </proc/uptime
  now_ms=$((10#${uptime/./}0))
}

# watch_signals: TERM and INT ask for the way back; HUP and a reader that went away ask for nothing.
watch_signals() {
  trap 'interrupted=TERM' TERM
  trap 'interrupted=INT' INT
  trap '' HUP PIPE
  open_clock
}

# open_clock: a pipe with both ends open. Waiting for a line from it is a sleep without a process; a line ends the sleep.
open_clock() {
  exec 7<> <(:)
  clock_owner=$BASHPID
}

# own_clock: a subshell has its own: it must not take the line that wakes its parent, but writes one there at its end.
own_clock() {
  [[ $clock_owner != "$BASHPID" ]] || return 0
  [[ -z $clock_owner ]] || exec {parents_clock}>&7
  open_clock
}

# nap MILLISECONDS: at most 100 at a time, so that a trap runs soon after its signal. Fails when the time is over, is 0 when woken.
nap() {
  local fraction
  own_clock
  printf -v fraction '0.%03d' $(($1 > 100 ? 100 : $1))
  read -r -t "$fraction" -u 7 woken_by
}

# asked_to_stop: a signal came, and nothing forbids to follow it.
asked_to_stop() {
  [[ -n $interrupted && $shielded == no ]]
}

# pause MILLISECONDS: fails as soon as the script is asked to stop.
pause() {
  local until
  now
  until=$((now_ms + $1))
  while ((now_ms < until)); do
    ! asked_to_stop || return 1
    nap $((until - now_ms)) || :
    now
  done
  ! asked_to_stop
}

# descendants PID…: their children, the children of those and so on.
descendants() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v roots="$*" '
    { pid = $1; sub(/^.*\) /, ""); split($0, field, " "); parent[pid] = field[2] }
    END {
      count = split(roots, root, " ")
      for (at = 1; at <= count; at++) found[root[at]] = 1
      do {
        grown = 0
        for (pid in parent) if (!(pid in found) && (parent[pid] in found)) { found[pid] = 1; print pid; grown = 1 }
      } while (grown)
    }'
}

# freeze_tree PID…: adds to `tree` these and all below them. They are stopped: what is stopped starts nothing that the list misses.
freeze_tree() {
  local -a below
  tree+=("$@")
  while (($#)); do
    kill -STOP "$@" 2>/dev/null || :
    mapfile -t below < <(descendants "$@")
    tree+=(${below[@]+"${below[@]}"})
    set -- ${below[@]+"${below[@]}"}
  done
}

# end_tree PID: ends a child of this script and all that it has started.
end_tree() {
  local until
  local -a tree=()
  freeze_tree "$1"
  kill -TERM ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  kill -CONT ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  # A line, the child's own among them, does not cut short what they have to clean up.
  now
  until=$((now_ms + 100))
  while ((now_ms < until)); do
    nap $((until - now_ms)) || :
    now
  done
  freeze_tree ${tree[@]+"${tree[@]}"}
  kill -KILL ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  wait "$1" 2>/dev/null || :
}

# bounded MILLISECONDS COMMAND…: runs a command or a function of this script in a subshell with its
# standard input closed. 124: it took too long and was ended; 143: the script was asked to stop.
bounded() {
  local limit=$1 step=4 child start code
  shift
  # What would be ended at once is not begun.
  ! asked_to_stop || return 143
  own_clock
  (
    trap - HUP PIPE TERM INT
    # Its end ends the nap below, unless it becomes another program.
    parents_clock=7
    trap '{ printf "%s\n" "$BASHPID" >&"$parents_clock"; } 2>/dev/null' EXIT
    "$@"
  ) </dev/null &
  child=$!
  now
  start=$now_ms
  while pid_runs "$child"; do
    if asked_to_stop; then
      end_tree "$child"
      return 143
    fi
    if ((now_ms - start >= limit)); then
      end_tree "$child"
      return 124
    fi
    follow_output
    if nap "$step"; then
      # It has said so with its last breath: `wait` sees the rest of it.
      [[ $woken_by != "$child" ]] || break
      step=4
    elif ((step < 50)); then
      step=$((step * 2))
    fi
    now
  done
  # A signal to this shell ends `wait` early, with a code of its own. A child that has ended is asked once more, for its own.
  wait "$child"
  code=$?
  while ((code > 128)) && pid_runs "$child"; do
    wait "$child"
  done
  ((code <= 128)) || {
    wait "$child"
    code=$?
  }
  # A signal to the whole process group ends the child too. Where the script must go on, the child must.
  if [[ $shielded == yes && -n $interrupted ]] && ((code == 143 || code == 130)); then
    interrupted=''
    bounded "$limit" "$@"
    return
  fi
  return "$code"
}

# follow_output: shows the lines that a step has written since the last time.
follow_output() {
  local line=''
  [[ -n $followed_fd ]] || return 0
  while IFS= read -r -u "$followed_fd" line; do
    say "    | $followed_part$line"
    followed_part=''
  done
  followed_part+=$line
}

# follow_last: the same at the step's end: its last line may have none.
follow_last() {
  follow_output
  [[ -n $followed_part ]] || return 0
  say "    | $followed_part"
  followed_part=''
}
