# ---- journal: what is under way, for whoever comes next ---------------------------------------------
#
# phase       idle, preparing, prepared, swapping, switched, returning, adopting or removing; synced before the first effect that needs it
# version     1; the journals of 0.1.0 have none, and `expires` by the clock alone
# kind        deploy (restart, too), rollback, rollback_to, adopt or remove
# handed      yes: what may run only once was being moved
# warm        yes: what runs of `to` ran before this command, and goes on whatever comes of it
# snapshot    the proxy's generation before the swap; draining: what has to end before a color may be stopped
# expires     until when a prepared color is kept: by the clock, for 0.1.0, and by the host's uptime
#
# $state/journal.pending is what a rollback or an adoption has put off.

declare -A journal=()
journal_keys=(version kind deployment from to release previous snapshot draining handed warm switched expires expires_uptime boot)
boot='' # of the host, which a reboot changes

# empty_journal: what `journal` says when nothing is under way; every key is there.
empty_journal() {
  local key
  journal=([phase]=idle)
  for key in "${journal_keys[@]}"; do
    journal[$key]=''
  done
  candidate=''
}

# read_journal: fills `journal`; phase is `idle` without one.
read_journal() { read_journal_from "$state/journal"; }

# read_journal_from FILE
read_journal_from() {
  local key value
  empty_journal
  [[ -f $1 ]] || return 0
  while IFS='=' read -r key value; do
    [[ -z $key ]] || journal[$key]=$value
  done <"$1"
  [[ -z ${journal[release]-} ]] || candidate=$state/releases/${journal[release]}
  # As 0.1.0 called it.
  [[ ${journal[phase]}${journal[kind]} != preparingadopt ]] || journal[phase]=adopting
}

# number TEXT DEFAULT: sets `value`: what is read from a file is calculated with only if it is a whole number.
number() {
  value=$2
  [[ ! $1 =~ ^[0-9]{1,15}$ ]] || value=$((10#$1))
}

# begin_journal KIND [WARM]: what is under way from now on is about `from`, `to` and `candidate`.
begin_journal() {
  local release=$candidate
  empty_journal
  candidate=$release
  journal[version]=1 journal[deployment]=$deployment journal[kind]=$1 journal[warm]=${2-}
  journal[from]=$from journal[to]=$to journal[release]=${release##*/} journal[boot]=$boot
}

# write_journal PHASE: keeps what is in `journal` under a new phase.
write_journal() {
  local key text="phase=$1"
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

# forget_journal: nothing is under way.
forget_journal() {
  if ! rm -f "$state/journal" "$state/journal.pending"; then
    fail_with "cannot remove $state/journal"
    return
  fi
  empty_journal
  to_log 'journal: idle'
}

# take_up_journal: what the rest of this process goes by: colors, releases, inputs. Pointers that a commit did not come to follow it.
take_up_journal() {
  # Whoever made this copy did not come to a journal of its own.
  if [[ -f $state/journal.pending && ${journal[kind]} != rollback && ${journal[kind]} != adopt ]]; then
    rm -f "$state/journal.pending"
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

# find_reservation: sets `reservation`: mine, held or over, and `value`, for how many seconds it still holds.
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

# refuse_journal: the table says that the command may not begin.
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
      fail_with "the journal $state/journal contains the unknown phase '${journal[phase]}': did a newer version of this script write it?"
      ;;
  esac
  step_name='' step_where=''
  keep_cause
}

# still_unfinished: what was undone or finished is still there.
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

# say_pointed_back: since the switch somebody has changed where the proxy's file routes to.
say_pointed_back() {
  fail_with "deployment ${journal[deployment]} has switched to $to, but the proxy's file now routes to ${live:-$live_state}: put $to's fragment ($candidate/fragment) back and reload the proxy; \`rollback\` then goes back to ${journal[from]:-what served before}"
}

# say_recovery: what was found, and what is done about it.
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
        say "the removal of $app was interrupted: ${journal[from]:-what was there} stays"
        return 0
      fi
      say "$of during its switch from ${journal[from]:-nothing} to ${journal[to]}: repairing it"
      ;;
    switched)
      if [[ ${journal[kind]} == remove ]]; then
        say "the removal of $app was interrupted: removing what is left"
        return 0
      fi
      say "finishing the cleanup of deployment ${journal[deployment]}"
      ;;
    returning) say "$of after it had gone back to ${journal[from]:-nothing}: cleaning up" ;;
    *) say "$of before its switch: cleaning up" ;;
  esac
}

# say_nothing_to_do: the command has succeeded already.
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

# take_up_pending: what was under way before a rollback that did not succeed, or an `adopt`. If that had swapped, the drain begins anew.
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
  rm -f "$state/journal.pending"
}

# point_all: the pointers, as the journal says.
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

# finish_commit: the pointers follow the journal; safe to repeat.
finish_commit() {
  bounded "${deadline["journal"]}" point_all || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  # What an `adopt` has put off is still to be done.
  [[ ${journal[kind]} != adopt ]] || return 0
  [[ ! -L $state/failed && ! -f $state/journal.pending ]] || rm -f "$state/failed" "$state/journal.pending"
}

# write_switched: a signal in the middle would leave it open which color this is about.
write_switched() {
  local code shielded_before=$shielded
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shielded=yes
  write_journal switched
  code=$?
  # A way back that ends here, on the new color, goes on undisturbed.
  shielded=$shielded_before
  return "$code"
}

# read_boot: sets `boot`.
read_boot() {
  read -r boot </proc/sys/kernel/random/boot_id
}
