# ---- actions of `adopt`: take over a proxy's file or a color that this script did not make -------
#
# Nothing is started or stopped. The fragment is written again for the color that it routes to, by the same swap as in a
# deployment. A later deployment may stop the color's processes, if the driver can tell which they are.

adopted=''    # what was adopted: `processes`; `fragment`, only that; or `own`, the processes were this script's
adopts_own='' # yes: the running processes of the color were started by this script

# do_find_adoptable: Sets `from` and `to` to the color that the proxy's files route to.
do_find_adoptable() {
  local value link
  read_live
  [[ $live_state == edited ]] || live_is_known || return
  from=${live:-$live_guess} old_release=$live_release
  if [[ -z $from ]]; then
    fail_with 'the proxy has no fragment of this app yet: there is nothing to adopt. Run deploy'
    return
  elif [[ -f $state/journal.pending || ${journal[phase]} != @(idle|prepared|switched) ]]; then
    fail_with "a rollback is unfinished: put the fragment of ${journal[from]:-the color that served} back by hand and reload the proxy, then run any command of this script again"
    return
  elif [[ -n $live_release ]]; then
    of_release "$live_release" alive
    case $? in
      0)
        to=$from
        say "  $live is live, and this script started it: nothing to adopt"
        return 10
        ;;
      1) ;;
      *)
        fail_with "cannot tell whether release ${live_release##*/} runs: $answer"
        return
        ;;
    esac
  fi
  # The edited file may not be in force. Then users still get the color that was confirmed last.
  agrees_with_confirmed "$from" || return
  to=$from adopts_own=''
  link=$state/colors/$to
  [[ -L $link ]] || return 0
  # The color's processes may belong to an earlier release. The journal has to record this.
  release_behind "$link" || :
  of_release "$behind" alive
  case $? in
    0) adopts_own=yes ;;
    1) ;;
    *) fail_with "cannot tell whether $to still runs as this script started it: $answer" ;;
  esac
}

# do_make_adopted: Makes a release without an artifact. It can be stopped, but not started again.
do_make_adopted() {
  local name
  bounded "${deadline["copy"]}" make_release_folder || {
    fail_with "cannot write to $candidate: is the disk full?"
    return
  }
  if ! { ask_switch read && bounded "${deadline["journal"]}" copy_synced "$scratch/answer" "$candidate/way-back"; }; then
    fail_with "cannot save the proxy's current file: $answer"
    return
  fi
  if [[ $adopts_own == yes ]]; then
    adopted=own
    bounded "${deadline["journal"]}" copy_synced "$state/colors/$to/fragment" "$candidate/fragment" || fail_with "cannot write to $candidate: is the disk full?"
    return
  fi
  adopted=processes
  for name in "${services[@]}"; do
    at new "$name" ask_run adopt && continue
    adopted=fragment
    warn "$name of $to keeps running, and no deployment will stop it: $answer"
  done
  [[ $adopted == processes ]] || rm -f "$candidate"/identity.*
}

# do_commit_adopted: Commits the adoption. There is no previous color, so nothing is drained or stopped.
do_commit_adopted() {
  if [[ $adopted == processes ]]; then
    journal[previous]=''
    write_switched || return
    finish_adopted || {
      warn "$reason"
      reason=''
    }
    say "  $to is live, and this script manages it from now on"
    return 0
  fi
  drop_adopted || return
  say "  this script manages the fragment from now on; $to keeps running as it was started"
}

# drop_adopted: Removes the release of an adoption that took over only the fragment, because there is nothing to keep. A
# signal cannot interrupt between the journal and the removal.
drop_adopted() {
  local dropped=$candidate code shielded_before=$shielded
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shielded=yes
  take_up_pending
  code=$?
  ((code != 0)) || bounded "${deadline["copy"]}" rm -rf "$dropped" || warn "release ${dropped##*/} could not be removed"
  shielded=$shielded_before
  return "$code"
}

# do_finish_adopted: Finishes an adoption that was killed after its commit.
do_finish_adopted() { finish_adopted; }

finish_adopted() {
  finish_commit && take_up_pending
}
