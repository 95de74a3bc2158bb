# ---- lock: one at a time ------------------------------------------------------------------------
#
# The mutex is held on descriptor 9 by this script and by every command that it starts, so that a
# killed script whose migration still works keeps the next one out. What outlives a run closes it.

# enter_mutex: waits as long as `lock { wait }` says, else not at all.
enter_mutex() {
  local until stat_state stat_parent stat_session stat_start
  # A step of the user's that calls the script again would wait for itself.
  if [[ ${DEPLOYC_ACTIVE-} == "$app" ]]; then
    fail_with "called from a step of a deployment of $app that is still running: a step cannot deploy its own app"
    exit_code=2
    return 1
  fi
  # Whoever may open it could hold it.
  [[ -f $state/lock ]] || (umask 077 && : >>"$state/lock")
  exec 9>>"$state/lock" || {
    fail_with "cannot open $state/lock"
    exit_code=3
    return 1
  }
  now
  until=$((now_ms + lock_wait))
  # A way back does not wait for a drain to end; what else is at work it lets finish.
  ! may_preempt || until=$((now_ms + 10000))
  until_locked 9 "$until" || {
    ! preempted || rm -f "$state/preempt"
    [[ -z $interrupted ]] || {
      fail_with "stopped by $interrupted while it waited for the lock"
      return
    }
    exit_code=4
    holder_of_mutex
    fail_with "$holder"
    return 1
  }
  ! preempted || rm -f "$state/preempt"
  # Whoever waited for a `remove` holds a lock that nobody else will see.
  [[ /proc/self/fd/9 -ef $state/lock ]] || {
    exit_code=4
    fail_with "$app was removed from this host just now: run the command again"
    return
  }
  pid_stat $$
  printf '%s %s %s %s\n' "$$" "$stat_start" "$command" "$deployment" >"$state/holder"
}

# until_locked DESCRIPTOR MILLISECONDS: tries until then, at least once.
until_locked() {
  local said=no
  while ! flock -n "$1"; do
    now
    if ((now_ms >= $2)); then
      # What a killed script had started ends by its own deadline, mostly within moments.
      [[ $1 == 9 ]] && holder_is_gone && ((now_ms < $2 + deadline["leftovers"])) || return 1
    fi
    if [[ $1 == 9 ]] && may_preempt; then
      printf '%s\n' "$$" >"$state/preempt"
    elif [[ $said == no ]]; then
      said=yes
      holder_of_mutex
      say "waiting: $holder"
    fi
    pause 100 || return 1
  done
}

# holder_is_gone: the script that took the mutex was killed.
holder_is_gone() {
  local pid started _
  { read -r pid started _ <"$state/holder"; } 2>/dev/null || return 1
  ! pid_is "$pid" "$started"
}

# holder_of_mutex: sets `holder`, a sentence about who holds it.
holder_of_mutex() {
  local pid started running deployed left
  holder='another command is at work'
  [[ -f $state/holder ]] || return 0
  read -r pid started running deployed <"$state/holder" || return 0
  if pid_is "$pid" "$started"; then
    holder="$running of deployment $deployed is at work (process $pid)"
  else
    what_is_left
    holder="$running of deployment $deployed has ended (process $pid), but a command that it started is still at work${left:+: $left}; the lock is free when that ends"
  fi
}

# what_is_left: sets `left`, the processes that hold the mutex and are no script of this app: `sleep 30` (process 17).
what_is_left() {
  local folder pid
  left=''
  for folder in /proc/[0-9]*; do
    pid=${folder##*/}
    [[ $folder/fd/9 -ef $state/lock && $pid != "$$" && $(pid_command "$pid") != *"${script##*/} "* ]] || continue
    left+="${left:+, }\`$(pid_command "$pid")\` (process $pid)"
  done
}

# may_preempt: this is a rollback, and what holds the lock only cleans up.
may_preempt() {
  local phase=''
  [[ $planned == rollback ]] && read -r phase 2>/dev/null <"$state/journal" && [[ $phase == phase=switched ]]
}

# preempted: a rollback asks the drain to end.
preempted() {
  [[ -f $state/preempt ]]
}

proxy_is_locked=no # by this process, on descriptor 8

# enter_proxy_mutex: from swap to confirmation no other app of ours reloads the same proxy. Who has it keeps it, also for the way back.
enter_proxy_mutex() {
  local until
  [[ $proxy_is_locked == no ]] || return 0
  ask_switch mutex || {
    fail_with "cannot tell which proxy this is: $answer"
    return 1
  }
  { exec 8<"$answer"; } 2>/dev/null || {
    fail_with "$(id -un) may not open $answer, the lock that the apps of one proxy share"
    return
  }
  now
  until=$((now_ms + deadline["proxy_lock"]))
  until_locked 8 "$until" || {
    fail_with "another app's deployment has held the proxy's lock for $((deadline["proxy_lock"] / 1000))s"
    return
  }
  proxy_is_locked=yes
}

# leave_proxy_mutex
leave_proxy_mutex() {
  exec 8<&-
  proxy_is_locked=no
}
