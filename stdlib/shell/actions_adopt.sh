# ---- actions of `adopt`: take over a proxy's file or a color that this script did not make -------
#
# Nothing is started or stopped. The fragment is written again by the same swap as in a deployment: for the color that it
# routes to, or with `adopt COLOR` for that color. A later deployment may stop the color's processes, if the driver can
# tell which they are.

adopted=''        # what was adopted: `processes`; `fragment`, only that; or `own`, the processes were this script's
adopts_own=''     # yes: the running processes of the color were started by this script
between_colors=no # yes: the proxy's file routes to another color than the one that was confirmed last

# do_find_adoptable: Sets `from` and `to` to the color that the caller has named. Without a name, to the color that the
# proxy's files route to.
do_find_adoptable() {
  local value link
  read_live
  if [[ -n $wanted_color ]] && ! wanted_is_settled; then
    find_wanted
    return
  fi
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
  to=$from
  find_own_processes
}

# wanted_is_settled: Succeeds if the proxy's files route to the named color, and no other color may be in force. Then the
# name says nothing new.
wanted_is_settled() {
  local settled
  [[ ${live:-$live_guess} == "$wanted_color" ]] || return 1
  agrees_with_confirmed "$wanted_color"
  settled=$?
  reason=''
  return "$settled"
}

# find_wanted: Sets `from` and `to` to the named color, although the proxy's files may route to another one, or although
# another one was confirmed last. Fails if the color is neither in the files nor confirmed: then it never served.
find_wanted() {
  local value confirmed=''
  [[ ! -L $state/live ]] || ! meta color "$state/live" || confirmed=$value
  if [[ $wanted_color != "$confirmed" ]]; then
    if [[ ${live:-$live_guess} != "$wanted_color" ]]; then
      fail_with "neither does the proxy's file route to $wanted_color, nor was it confirmed last: \`deploy\` or \`rollback\` can switch to it"
      return
    elif [[ ${journal[phase]} != idle ]]; then
      fail_with "deployment ${journal[deployment]} is unfinished: run \`adopt $confirmed\` first; \`deploy\` or \`rollback\` can switch to $wanted_color after that"
      return
    elif ! exclusives_stay; then
      [[ -z $reason ]] || return
      fail_with "an exclusive service runs in $confirmed, and only a switch moves it: run \`adopt $confirmed\` first; \`deploy\` or \`rollback\` can switch to $wanted_color after that"
      return
    fi
  fi
  from=$wanted_color to=$wanted_color old_release='' between_colors=yes
  find_own_processes || return
  [[ $adopts_own != yes ]] || return 0
  if [[ $to == "$confirmed" ]]; then
    fail_with "$to does not run as this script started it, so it cannot be put in force: put the fragment of the color that serves there, and reload the proxy"
  else
    fail_with "this script did not start what runs in $to. If it serves the users, stop $confirmed's program, then run \`adopt\` again"
  fi
}

# exclusives_stay: Succeeds if neither color's release has an exclusive service, so that nothing has to move. Fails with a
# reason if a release cannot tell.
exclusives_stay() {
  local candidate='' old_release=''
  local -a names=()
  [[ ! -L $state/colors/$wanted_color ]] || ! release_behind "$state/colors/$wanted_color" || candidate=$behind
  [[ ! -L $state/live ]] || ! release_behind "$state/live" || old_release=$behind
  name_exclusives && ((${#names[@]} == 0))
}

# find_own_processes: Sets `adopts_own`.
find_own_processes() {
  local link=$state/colors/$to
  adopts_own=''
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
  if [[ $adopts_own == yes ]]; then
    adopted=own
    bounded "${deadline["journal"]}" copy_synced "$state/colors/$to/fragment" "$candidate/fragment" || {
      fail_with "cannot write to $candidate: is the disk full?"
      return
    }
  fi
  save_text_before || return
  [[ $adopted != own ]] || return 0
  adopted=processes
  for name in "${services[@]}"; do
    at new "$name" ask_run adopt && continue
    adopted=fragment
    warn "$name of $to keeps running, and no deployment will stop it: $answer"
  done
  [[ $adopted == processes ]] || forget_files "$candidate"/identity.*
}

# save_text_before: Saves the text for the way back: what the proxy's file contains. If the file routes to another color,
# the way back leads to the adopted color, too, because the probes of that other color are not asked.
save_text_before() {
  if [[ ${live:-$live_guess} != "$to" ]]; then
    bounded "${deadline["journal"]}" copy_synced "$candidate/fragment" "$candidate/way-back" || fail_with "cannot write to $candidate: is the disk full?"
    return
  fi
  { ask_switch read && bounded "${deadline["journal"]}" copy_synced "$scratch/answer" "$candidate/way-back"; } || fail_with "cannot save the proxy's current file: $answer"
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
  if [[ $between_colors == yes && ! -f $state/journal.pending ]]; then
    confirm_own && return
    [[ -z $reason ]] || return
  fi
  drop_adopted || return
  say "  this script manages the fragment from now on; $to keeps running as it was started"
}

# confirm_own: Commits to the color's own release, like a switch from the other color: old workers of the proxy may still
# serve that color. So it is drained before anything stops it. Fails if the other color's release does not run.
confirm_own() {
  local other dropped=$candidate own
  other=$(other_color "$to")
  [[ -L $state/colors/$other ]] && release_behind "$state/colors/$to" && own=$behind && release_behind "$state/colors/$other" || return
  of_release "$behind" running
  (($? != 1)) || return
  old_release=$behind candidate=$own from=$other
  journal[kind]=deploy journal[from]=$other journal[release]=${own##*/} journal[warm]=''
  commit_switch || {
    old_release='' candidate=$dropped from=$to
    journal[kind]=adopt journal[from]=$to journal[release]=${dropped##*/} journal[warm]=yes
    return 1
  }
  remove_dropped "$dropped"
  shield of_release "$own" persist on || warn "$to may not come back after a reboot: $answer"
  say "  $to is live; \`cleanup\` or the next deployment drains and stops $other"
}

# drop_adopted: Removes the release of an adoption that took over only the fragment, because there is nothing to keep. A
# signal cannot interrupt between the journal and the removal.
drop_adopted() {
  local dropped=$candidate
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shield take_up_pending && remove_dropped "$dropped"
}

# remove_dropped RELEASE: Removes the folder of an adoption, also after a request to stop.
remove_dropped() {
  shield bounded "${deadline["copy"]}" rm -rf "$1" || warn "release ${1##*/} could not be removed"
}

# do_finish_adopted: Finishes an adoption that was killed after its commit.
do_finish_adopted() { finish_adopted; }

finish_adopted() {
  finish_commit && take_up_pending
}
