# ---- actions of `remove`: the app goes away from this host ------------------------------------------------
#
# What it is made of goes: the proxy's file, what runs, the unit that resumes it, the state. What it has made stays: all that is in
# `root`, volumes, images, networks, and what it shares with others.

# do_find_removable: sets `from`, what serves, if something does and the caller wants it to end.
do_find_removable() {
  local value
  know_live || return
  from='' old_release=''
  if [[ $live_state == color ]] && ! nobody_runs_live; then
    from=$live old_release=$live_release
    [[ -n $old_release ]] || {
      fail_with "$live is live, but this script did not start it and cannot stop it: \`adopt\` it first, or take its file out of the proxy by hand"
      return
    }
  elif [[ -L $state/live ]] && meta color "$state/live"; then
    # Without its file the proxy may still serve what it was told last. Only a clear answer says that it cannot.
    release_behind "$state/live" || :
    old_release=$behind
    of_release "$old_release" running
    case $? in
      1) old_release='' ;;
      *) from=$value ;;
    esac
  fi
  for to in "${colors[@]}"; do
    [[ $to == "$from" ]] || break
  done
  if [[ -n $from && $stops_serving == no ]]; then
    fail_with "$from serves: remove the routes to $app from the proxy's configuration first, or add --stop-serving"
    return
  fi
  load_inputs "${old_release:-$state/none}"
  say "  ${from:-nothing} serves"
}

# do_commit_removed: from here nothing leads to the app, and nothing goes back by itself.
do_commit_removed() { do_commit; }

# do_remove_state: by one rename, so that nobody finds a part of it.
do_remove_state() {
  local unit=/etc/systemd/system/deployc-$app.service gone=$state.removed.$$ folder begun
  now
  begun=$now_ms
  for folder in "$state"/releases/*; do
    now
    ((now_ms - begun < deadline["sweep"])) || break
    [[ -f $folder/meta ]] || continue
    tell_what_app_wrote "$folder" $((begun + deadline["sweep"] - now_ms))
    of_release "$folder" clear || warn "release ${folder##*/}: $answer"
  done
  if ((EUID == 0)) && [[ -f $unit && -d /run/systemd/system ]]; then
    bounded "${deadline["resume_unit"]}" remove_resume_unit "$unit" >"$scratch/answer" 2>&1 || {
      fail_with "cannot remove $unit: $(<"$scratch/answer")"
      return
    }
  fi
  mv -T -- "$state" "$gone" 2>/dev/null || {
    fail_with "cannot remove $state"
    return
  }
  log_file='' scratch=$gone/scratch.$$
  # With what an earlier removal has left.
  bounded "${deadline["copy"]}" rm -rf "$state".removed.* || warn "$gone could not be removed: it is no longer needed, remove it by hand"
}

remove_resume_unit() {
  systemctl disable "${1##*/}" && rm -f "$1" && systemctl daemon-reload
}
