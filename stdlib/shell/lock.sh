# ---- lock: one command at a time -----------------------------------------------------------------
#
# This script and every command that it starts hold the mutex on descriptor 9. If the script is killed while a command
# of it still runs, for example a migration, the next run has to wait. A program that is to outlive the run closes the
# descriptor.

# enter_mutex: Takes the mutex. Waits for it as long as `lock { wait }` says, without that setting not at all.
enter_mutex() {
  local until stat_state stat_parent stat_session stat_start
  # A user's step that calls this script would wait for itself.
  if [[ ${DEPLOYC_ACTIVE-} == "$app" ]]; then
    fail_with "called from a step of a deployment of $app that is still running: a step cannot deploy its own app"
    exit_code=2
    return 1
  fi
  # The other programs are asked for by `check_host`. Without this one, every try would look like a lock that is held.
  tool_is_here flock || {
    exit_code=3
    return 1
  }
  # Any user who may open the file could hold the lock, so only this user may open it.
  [[ -f $state/lock ]] || (umask 077 && : >>"$state/lock")
  exec 9>>"$state/lock" || {
    fail_with "cannot open $state/lock"
    exit_code=3
    return 1
  }
  now
  until=$((now_ms + lock_wait))
  # A rollback asks a cleanup to end, and waits for that.
  ! may_preempt || until=$((now_ms + deadline["preempt"]))
  until_locked 9 "$until" || {
    ! preempted || forget_files "$state/preempt"
    [[ -z $interrupted ]] || {
      fail_with "stopped by $interrupted while it waited for the lock"
      return
    }
    exit_code=4
    holder_of_mutex
    fail_with "$holder"
    return 1
  }
  ! preempted || forget_files "$state/preempt"
  # If `remove` ended while this run waited, the lock file is gone. This run then holds a lock that no other run can
  # see.
  [[ /proc/self/fd/9 -ef $state/lock ]] || {
    exit_code=4
    fail_with "$app was removed from this host just now: run the command again"
    return
  }
  pid_stat $$
  printf '%s %s %s %s\n' "$$" "$stat_start" "$command" "$deployment" >"$state/holder"
}

# until_locked DESCRIPTOR MILLISECONDS: Tries to take the lock until `now_ms` is MILLISECONDS, but at least once.
until_locked() {
  local said=no
  while ! bounded "${deadline["journal"]}" flock -n "$1"; do
    now
    if ((now_ms >= $2)); then
      # The commands of a killed script mostly end within moments, so they get the time `leftovers` in addition.
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

# holder_is_gone: Succeeds if the script that took the mutex does not run any more, for example because it was killed.
holder_is_gone() {
  local pid started _
  { read -r pid started _ <"$state/holder"; } 2>/dev/null || return 1
  ! pid_is "$pid" "$started"
}

# holder_of_mutex: Sets `holder`, a sentence that names the holder of the mutex.
holder_of_mutex() {
  local pid started running deployed left
  holder='another command is running'
  [[ -f $state/holder ]] || return 0
  read -r pid started running deployed <"$state/holder" || return 0
  if pid_is "$pid" "$started"; then
    holder="$running of deployment $deployed is running (process $pid)"
  else
    what_is_left
    holder="$running of deployment $deployed has ended (process $pid), but a command that it started is still running${left:+: $left}; the lock is free when that ends"
  fi
}

# what_is_left: Sets `left` to the processes that hold the mutex and are not this app's script, such as `sleep 30`
# (process 17).
what_is_left() {
  local pid command
  local -a holders
  left=''
  find_holders
  for pid in ${holders[@]+"${holders[@]}"}; do
    command=$(pid_command "$pid")
    [[ $command == *"${script##*/} "* ]] || left+="${left:+, }\`$command\` (process $pid)"
  done
}

# find_holders: Sets `holders` to the other processes that have the mutex open: they hold it or wait for it. This
# function does not try to take the lock, because that could make a deployment fail. It does not read /proc/locks,
# because that file hides locks in containers and names inodes of any disk.
find_holders() {
  local folder
  holders=()
  for folder in /proc/[0-9]*; do
    [[ ! $folder/fd/9 -ef $state/lock || ${folder##*/} == "$$" ]] || holders+=("${folder##*/}")
  done
}

# mutex_is_held: Succeeds if another process has the mutex.
mutex_is_held() {
  local -a holders
  find_holders
  ((${#holders[@]}))
}

# may_preempt: Succeeds if this command is a rollback, and the journal says that only the cleanup of a deployment is
# left.
may_preempt() {
  local phase=''
  [[ $planned == rollback ]] && read -r phase 2>/dev/null <"$state/journal" && [[ $phase == phase=switched ]]
}

# preempted: Succeeds if a rollback has asked the drain to end.
preempted() {
  [[ -f $state/preempt ]]
}

proxy_is_locked=no # yes: this process holds the proxy's lock, on descriptor 8

# enter_proxy_mutex: Takes the proxy's lock. From the swap to the confirmation no other app of deployc may reload the
# same proxy. A process that has the lock keeps it.
#
# A way back that does not get the lock goes on without it, because users may have a color that fails. Any local user can
# hold the lock, so the wait is short then.
enter_proxy_mutex() {
  local wait=${deadline["proxy_lock"]}
  [[ $proxy_is_locked == no ]] || return 0
  [[ $shielded == no ]] || ((wait <= 10000)) || wait=10000
  take_proxy_lock "$wait" && return 0
  [[ $shielded == yes ]] || return
  warn "going back without the proxy's lock: $reason"
  reason=''
}

# take_proxy_lock MS: Takes the lock, or fails after MS milliseconds.
take_proxy_lock() {
  local until
  ask_switch mutex || {
    fail_with "cannot tell which proxy this is: $answer"
    return
  }
  { exec 8<"$answer"; } 2>/dev/null || {
    fail_with "$(id -un) may not open $answer, the lock that the apps of one proxy share"
    return
  }
  now
  until=$((now_ms + $1))
  until_locked 8 "$until" || {
    fail_with "another process did not release the proxy's lock ($answer) within $(($1 / 1000))s$(bounded "${deadline["journal"]}" holders_of_proxy_lock): if it is no deployment, end it"
    return
  }
  proxy_is_locked=yes
}

# holders_of_proxy_lock: Prints the processes that hold the lock, as far as this user may see them.
holders_of_proxy_lock() {
  local info pid named=''
  while IFS= read -r info; do
    pid=${info#/proc/} pid=${pid%%/*}
    [[ /proc/$pid/fd/${info##*/} -ef $answer ]] || continue
    named+="${named:+, }\`$(pid_command "$pid")\` (process $pid, user $(stat -c %U "/proc/$pid" 2>/dev/null))"
  done < <(grep -rls FLOCK /proc/[0-9]*/fdinfo 2>/dev/null)
  printf '%s' "${named:+: $named}"
}

# leave_proxy_mutex: Releases the proxy's lock.
leave_proxy_mutex() {
  exec 8<&-
  proxy_is_locked=no
}
