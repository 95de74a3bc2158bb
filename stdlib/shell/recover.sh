# ---- recover: what an interrupted run left, before anything else is done ------------------------

# recover: under the mutex. A reservation of another deployment is no crash.
recover() {
  local put_off=no
  read_journal
  read_boot
  if [[ -f $state/journal.pending ]]; then
    case ${journal[kind]} in
      rollback | adopt) put_off=yes ;;
      # Whoever made this copy did not come to a journal of its own.
      *) rm -f "$state/journal.pending" ;;
    esac
  fi
  case ${journal[phase]} in
    idle) ;;
    prepared) meet_reservation || return ;;
    preparing)
      say "the run of deployment ${journal[deployment]} was cut short before its switch: cleaning up"
      shielded=yes
      drain_dropped
      drop_candidate || {
        shielded=no
        # After a boot the live color comes first; and what the file says may be for `adopt` to put right.
        [[ $command == resume || $command == adopt ]] || return 1
        reason=''
      }
      shielded=no
      ;;
    swapping) recover_swap || return ;;
    switched)
      # An adopted color took nobody's place.
      [[ ${journal[kind]} != adopt ]] || { finish_commit && take_up_pending; } || return
      ;;
    *)
      exit_code=5
      fail_with "the journal $state/journal says '${journal[phase]}', which this script does not know: was a newer one at work?"
      return
      ;;
  esac
  # What an unfinished rollback or adopt had put off is recovered in its turn.
  if [[ $put_off == yes && ! -f $state/journal.pending ]]; then
    recover
    return
  fi
  [[ ${journal[phase]} != switched ]] || recover_switched
}

# meet_reservation: a prepared color belongs to its deployment until it is taken up, aborted, or too old.
meet_reservation() {
  local now_s value
  printf -v now_s '%(%s)T' -1
  number "${journal[expires]}" 0
  if [[ ${journal[boot]} != "$boot" ]]; then
    say "the prepared color ${journal[to]} did not survive a reboot: dropping it"
  elif ((now_s >= value)); then
    say "the reservation of deployment ${journal[deployment]} has expired: dropping it"
  else
    case $command in
      resume | adopt) return 0 ;;
      abort | switch) [[ -n $deployment_given && ${journal[deployment]} != "$deployment" ]] || return 0 ;;
      prepare | deploy)
        [[ -n $deployment_given && ${journal[deployment]} == "$deployment" ]] && {
          say "deployment $deployment was prepared before: beginning anew"
          drop_candidate
          return
        }
        ;;
    esac
    exit_code=4
    fail_with "deployment ${journal[deployment]} has prepared ${journal[to]} and not switched yet (its reservation ends in $((value - now_s))s): switch, or abort it, then try again"
    return
  fi
  drop_candidate || {
    [[ $command == resume || $command == adopt ]] || return 1
    reason=''
  }
}

# recover_swap: killed between swap and confirmation. Disk and force may differ, so neither is believed.
recover_swap() {
  local said
  say "the run of deployment ${journal[deployment]} was cut short in its switch from ${journal[from]:-nothing} to ${journal[to]}: putting it right"
  from=${journal[from]}
  to=${journal[to]}
  use_release "$candidate" "$to"
  reason='the switch was cut short'
  exit_code=1
  shielded=yes
  swap_back
  shielded=no
  if ((exit_code == 5)); then
    # Nobody has failed yet: the new color serves if it verifies, as it would have without the interruption.
    [[ ${journal[phase]} == switched ]] || return 1
    said=$reason
    reason=''
    verify_previous || {
      reason=$said
      return 1
    }
    warn "$said"
  fi
  say "  ${served} serves"
  reason=''
  exit_code=1
}

# recover_switched: the switch was good; what remains is its cleanup.
recover_switched() {
  from=${journal[from]}
  to=${journal[to]}
  finish_commit || return
  case $command in
    cleanup | rollback | switch | abort | resume | adopt) return 0 ;;
  esac
  say "finishing the cleanup of deployment ${journal[deployment]}"
  clean_up
  if [[ ${journal[phase]} == switched ]]; then
    exit_code=3
    fail_with "the previous color ${journal[from]} is still there: see the warning above"
  fi
}
