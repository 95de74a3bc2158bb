# ---- clock: monotonic time, interruptible waits, deadlines for everything ----------------------

now_ms=0         # set by `now`
interrupted=''   # the signal that asked the script to stop
shielded=no      # yes: signals must not interrupt, for example during a way back or the write of a commit
clock_owner=''   # the pid of the shell that reads from descriptor 7
parents_clock=7  # in a subshell of `bounded`: the descriptor of the parent's pipe, which wakes the parent
woken_by=''      # the pid of the subshell whose end woke `nap`, or ''
followed_fd=''   # the output of a user's step, which is shown while the step runs
followed_part='' # the last line of that output, while its line end is missing

# now: Sets `now_ms`, the milliseconds since boot. No process is started for this.
now() {
  local uptime _
  read -r uptime _ </proc/uptime
  now_ms=$((10#${uptime/./}0))
}

# watch_signals: TERM and INT request a stop, with a way back if one is needed. HUP and PIPE (a reader of the output
# that went away) are ignored.
watch_signals() {
  trap 'interrupted=TERM' TERM
  trap 'interrupted=INT' INT
  trap '' HUP PIPE
  open_clock
}

# open_clock: Opens a pipe with both ends on descriptor 7. Waiting for a line from this pipe is a sleep that starts no
# process. A line ends the sleep.
open_clock() {
  exec 7<> <(:)
  clock_owner=$BASHPID
}

# own_clock: Gives a subshell its own pipe. If it read from the parent's pipe, it would take the line that wakes the
# parent. At its end it writes a line to the parent's pipe.
own_clock() {
  [[ $clock_owner != "$BASHPID" ]] || return 0
  [[ -z $clock_owner ]] || exec {parents_clock}>&7
  open_clock
}

# nap MILLISECONDS: Sleeps, at most 100 ms, so that a trap runs soon after its signal. Returns 0 if a line ended the
# sleep; fails if the time is over.
nap() {
  local fraction
  own_clock
  printf -v fraction '0.%03d' $(($1 > 100 ? 100 : $1))
  read -r -t "$fraction" -u 7 woken_by
}

# asked_to_stop: Succeeds if a signal requested a stop and `shielded` is not yes.
asked_to_stop() {
  [[ -n $interrupted && $shielded == no ]]
}

# shield COMMAND…: Runs a function of this script that a request to stop must not cut.
shield() {
  local code shielded_before=$shielded
  shielded=yes
  "$@"
  code=$?
  # A way back was shielded before, and stays shielded.
  shielded=$shielded_before
  return "$code"
}

# pause MILLISECONDS: Waits. Fails as soon as the script is asked to stop.
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

# descendants PID…: Prints the pids of the children, of their children, and so on.
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

# freeze_tree PID…: Stops (SIGSTOP) these processes and all their descendants, and adds them to `tree`. A stopped
# process cannot start a process that would be missing from the list.
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

# end_tree PID: Ends a child of this script and all its descendants: first with TERM, 100 ms later with KILL.
end_tree() {
  local until
  local -a tree=()
  freeze_tree "$1"
  kill -TERM ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  kill -CONT ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  # The processes get the whole 100 ms to clean up. A line may end a nap earlier, for example the child's own line.
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

# bounded MILLISECONDS COMMAND…: Runs a command or a function of this script in a subshell, with /dev/null as standard
# input. The exit code is the command's. 124: the time was over, and the command was ended. 143: the script was asked to
# stop.
bounded() {
  local limit=$1 step=4 child start code
  shift
  # After a request to stop the command would be ended at once, so it is not started.
  ! asked_to_stop || return 143
  own_clock
  (
    trap - HUP PIPE TERM INT
    # At its exit it wakes the nap below, unless it used `exec`.
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
      # The child reports its exit just before it ends. `wait` below waits for the rest.
      [[ $woken_by != "$child" ]] || break
      step=4
    elif ((step < 50)); then
      step=$((step * 2))
    fi
    now
  done
  # A signal to this shell ends `wait` early, with a code above 128. After such a code `wait` is called again, to get
  # the child's own code.
  wait "$child"
  code=$?
  while ((code > 128)) && pid_runs "$child"; do
    wait "$child"
  done
  ((code <= 128)) || {
    wait "$child"
    code=$?
  }
  # A signal to the whole process group ends the child, too. While the script is shielded it must continue, so the
  # command is run again.
  if [[ $shielded == yes && -n $interrupted ]] && ((code == 143 || code == 130)); then
    interrupted=''
    bounded "$limit" "$@"
    return
  fi
  return "$code"
}

# follow_output: Shows the lines that the user's step has written since the last call.
follow_output() {
  local line=''
  [[ -n $followed_fd ]] || return 0
  while IFS= read -r -u "$followed_fd" line; do
    say "    | $followed_part$line"
    followed_part=''
  done
  followed_part+=$line
}

# follow_last: Does the same as `follow_output`, at the step's end. Also shows a last line without a line end.
follow_last() {
  follow_output
  [[ -n $followed_part ]] || return 0
  say "    | $followed_part"
  followed_part=''
}
