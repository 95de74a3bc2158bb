# ---- journal: what is under way, for the next run ------------------------------------------------
#
# phase       idle, preparing, prepared, swapping, switched, returning, adopting or removing; synced to the disk before
#             the first effect that needs it. A removal writes remove_swapping and remove_switched: 0.1.0 does not know
#             `remove`, and would continue as after a deployment. It asks for a person if it does not know the phase
# version     1; journals of 0.1.0 have no version and no `expires_uptime`
# kind        deploy (also for restart), rollback, rollback_to, adopt or remove
# handed      yes: the exclusive services were being moved
# warm        yes: the processes of `to` ran before this command, and keep running whatever its result is
# snapshot    the proxy's generation before the swap
# draining    the generation that must end before a color may be stopped
# expires, expires_uptime
#             until when a prepared color is kept, in seconds: by the wall clock (for 0.1.0), and by the host's uptime
#
# $state/journal.pending is a journal that a rollback or an adoption has saved for later.

declare -A journal=()
journal_keys=(version kind deployment from to release previous snapshot draining handed warm switched expires expires_uptime boot)
boot='' # the id of the host's boot, which a reboot changes

# empty_journal: Sets `journal` to its content when nothing is under way. Every key is there.
empty_journal() {
  local key
  journal=([phase]=idle)
  for key in "${journal_keys[@]}"; do
    journal[$key]=''
  done
  candidate=''
}

# read_journal: Fills `journal`. Without a journal file the phase is `idle`.
read_journal() { read_journal_from "$state/journal"; }

# read_journal_from FILE: The same for FILE. Also sets `candidate` to the journal's release.
read_journal_from() {
  local key value
  empty_journal
  [[ -f $1 ]] || return 0
  while IFS='=' read -r key value; do
    [[ -z $key ]] || journal[$key]=$value
  done <"$1"
  [[ -z ${journal[release]-} ]] || candidate=$state/releases/${journal[release]}
  # 0.1.0 called this phase `preparing`.
  [[ ${journal[phase]}${journal[kind]} != preparingadopt ]] || journal[phase]=adopting
  # `kind` says that it is a removal.
  journal[phase]=${journal[phase]#remove_}
}

# number TEXT DEFAULT: Sets `value` to TEXT if it is a whole number of at most 15 digits, otherwise to DEFAULT. Text
# from a file is used in arithmetic only after this check.
number() {
  value=$2
  [[ ! $1 =~ ^[0-9]{1,15}$ ]] || value=$((10#$1))
}

# begin_journal KIND [WARM]: Fills `journal` for a new run with `from`, `to` and `candidate`. Does not write it.
begin_journal() {
  local release=$candidate
  empty_journal
  candidate=$release
  journal[version]=1 journal[deployment]=$deployment journal[kind]=$1 journal[warm]=${2-}
  journal[from]=$from journal[to]=$to journal[release]=${release##*/} journal[boot]=$boot
}

# write_journal PHASE: Writes `journal` to the disk, with this phase.
write_journal() {
  local key text="phase=$1"
  [[ ${journal[kind]} != remove || $1 == removing ]] || text="phase=remove_$1"
  for key in "${journal_keys[@]}"; do
    text+=$'\n'"$key=${journal[$key]-}"
  done
  bounded "${deadline["journal"]}" write_file "$state/journal" "$text" || {
    ! asked_to_stop || reason="stopped by $interrupted"
    fail_with "cannot write $state/journal: is the disk full?"
    return
  }
  journal[phase]=$1
  to_log "journal: $1"
}

# forget_journal: Removes the journal, because nothing is under way any more.
forget_journal() {
  if ! forget_files "$state/journal" "$state/journal.pending"; then
    fail_with "cannot remove $state/journal"
    return
  fi
  empty_journal
  to_log 'journal: idle'
}

# take_up_journal: Sets the colors, releases and inputs of this process from the journal. If a commit was interrupted
# before it wrote its pointers, writes them.
take_up_journal() {
  # The run that saved this copy ended before it wrote a journal of its own.
  if [[ -f $state/journal.pending && ${journal[kind]} != rollback && ${journal[kind]} != adopt ]]; then
    forget_files "$state/journal.pending"
  fi
  from=${journal[from]} to=${journal[to]} old_release=''
  case ${journal[phase]} in
    idle) return 0 ;;
    switched)
      [[ -z ${journal[previous]} ]] || old_release=$state/releases/${journal[previous]}
      finish_commit || {
        verdict=refuse
        keep_cause
        return 1
      }
      ;;
    *)
      if [[ -n $from ]] && release_of "$from"; then
        old_release=$found_release
      fi
      ;;
  esac
  load_inputs "$candidate"
}

# find_reservation: Sets `reservation`: mine, held (it belongs to another deployment) or over (its time has expired).
# Sets `value` to the seconds that a prepared color is still kept.
find_reservation() {
  local now_s
  reservation=mine
  value=0
  if [[ -n $deployment_given ]]; then
    [[ ${journal[deployment]} == "$deployment_given" ]] || reservation=held
  elif [[ ${journal[phase]} == prepared && $command != switch && $command != abort ]]; then
    reservation=held
  fi
  [[ ${journal[phase]} == prepared ]] || return 0
  if [[ ${journal[boot]} != "$boot" ]]; then
    reservation=over
    return 0
  fi
  if [[ -n ${journal[expires_uptime]} ]]; then
    now
    number "${journal[expires_uptime]}" 0
    value=$((value - now_ms / 1000))
  else
    printf -v now_s '%(%s)T' -1
    number "${journal[expires]}" 0
    value=$((value - now_s))
  fi
  ((value > 0)) || reservation=over
}

# fail_unknown_phase: Fails, because the table `recovery` has no row for the journal's phase.
fail_unknown_phase() {
  fail_with "the journal $state/journal contains the unknown phase '${journal[phase]}': did a newer version of this script write it? Use that version"
}

# refuse_journal: Sets verdict, reason and exit code for a command that the table `recovery` does not allow now.
refuse_journal() {
  verdict=refuse
  case $answer_of in
    usage)
      exit_code=2
      fail_with "nothing is prepared${deployment_given:+ for deployment $deployment_given}: run prepare first"
      ;;
    refuse)
      exit_code=4
      if [[ ${journal[phase]} == prepared ]]; then
        fail_with "deployment ${journal[deployment]} has prepared ${journal[to]} but not switched yet (its reservation ends in ${value}s): switch, or abort it, then try again"
      else
        fail_with "deployment ${journal[deployment]} made ${journal[to]} live, not deployment $deployment_given: nothing was changed"
      fi
      ;;
    *)
      verdict=person
      fail_unknown_phase
      ;;
  esac
  step_name='' step_where=''
  keep_cause
}

# still_unfinished: Sets verdict and reason for a recovery that has not changed the state.
still_unfinished() {
  [[ $verdict == person ]] || verdict=refuse
  case ${journal[phase]} in
    switched)
      read_live
      if [[ $live_state == color && $live == "$to" ]]; then
        fail_with "the previous color ${journal[from]} is still there: see the warning above"
      else
        say_pointed_back
      fi
      ;;
    *) fail_with "what deployment ${journal[deployment]} left of ${journal[to]} is still there: see the warning above" ;;
  esac
  keep_cause
}

# say_pointed_back: Fails with this reason: after the switch somebody has changed where the proxy's file routes to.
say_pointed_back() {
  fail_with "deployment ${journal[deployment]} has switched to $to, but the proxy's file now routes to ${live:-$live_state}: \`adopt $to\` puts $to in force again; \`rollback\` then goes back to ${journal[from]:-the color that served before}"
}

# say_recovery: Prints what an earlier run has left, and what is done about it.
say_recovery() {
  local of="deployment ${journal[deployment]} was interrupted"
  case ${journal[phase]} in
    prepared)
      if [[ $reservation == mine ]]; then
        say "deployment ${journal[deployment]} was prepared before: starting again"
      elif [[ ${journal[boot]} != "$boot" ]]; then
        say "the prepared color ${journal[to]} did not survive a reboot: dropping it"
      else
        say "the reservation of deployment ${journal[deployment]} has expired: dropping it"
      fi
      ;;
    swapping | removing)
      if [[ ${journal[kind]} == remove ]]; then
        say "the removal of $app was interrupted: ${journal[from]:-the app} stays"
        return 0
      fi
      say "$of during its switch from ${journal[from]:-nothing} to ${journal[to]}: repairing it"
      ;;
    switched)
      if [[ ${journal[kind]} == remove ]]; then
        say "the removal of $app was interrupted: removing the rest"
        return 0
      fi
      say "finishing the cleanup of deployment ${journal[deployment]}"
      ;;
    returning) say "$of after it had gone back to ${journal[from]:-nothing}: cleaning up" ;;
    *) say "$of before its switch: cleaning up" ;;
  esac
}

# say_nothing_to_do: Prints that the command's work is done already. Refuses a `switch` if the new color is not live any
# more.
say_nothing_to_do() {
  case $command in
    switch)
      read_live
      if [[ $live_state == color && $live == "$to" ]]; then
        say "deployment ${journal[deployment]} has switched already: $to is live"
      else
        verdict=refuse
        say_pointed_back
        keep_cause
      fi
      ;;
    abort) say 'nothing is prepared: nothing to abort' ;;
    *) say 'nothing is left to clean up' ;;
  esac
}

# take_up_pending: Ends the journal of a command. If a rollback or an `adopt` had saved an earlier journal for later,
# this one is valid again. If the command has reloaded the proxy, the drain of the earlier journal begins anew.
take_up_pending() {
  local draining=${journal[draining]} switched=${journal[switched]}
  if [[ ! -f $state/journal.pending ]]; then
    forget_journal
    return
  fi
  read_journal_from "$state/journal.pending"
  if [[ -n $draining && ${journal[phase]} == switched ]]; then
    journal[draining]=$draining
    journal[switched]=$switched
    journal[boot]=$boot
  fi
  write_journal "${journal[phase]}" || {
    read_journal
    return 1
  }
  forget_files "$state/journal.pending" || fail_with "cannot remove $state/journal.pending"
}

# point_all: Sets the pointers as the journal says.
point_all() {
  if [[ ${journal[kind]} == remove ]]; then
    rm -f "$state/live" "$state/previous"
    return
  fi
  point "colors/${journal[to]}" "$candidate" && point live "$candidate" || return
  [[ -z ${journal[previous]} ]] || point previous "$state/releases/${journal[previous]}" || return
  sync_path "$state" "$state/colors" || return
  has_served "$candidate" "${journal[previous]:+$state/releases/${journal[previous]}}"
}

# finish_commit: Sets the pointers as the journal says. It is safe to repeat.
finish_commit() {
  bounded "${deadline["journal"]}" point_all || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  # The journal that an `adopt` has saved for later is still needed.
  [[ ${journal[kind]} != adopt ]] || return 0
  [[ ! -L $state/failed && ! -f $state/journal.pending ]] || forget_files "$state/failed" "$state/journal.pending"
}

# write_switched: Writes the phase `switched`. A signal cannot interrupt the write, because then it would be unclear
# which color the journal is about.
write_switched() {
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shield write_journal switched
}

# read_boot: Sets `boot`.
read_boot() {
  read -r boot </proc/sys/kernel/random/boot_id
}
