# ---- actions of `remove`: the app is removed from this host --------------------------------------
#
# Removed are: the proxy's file, the running processes, the unit that runs `resume`, and the state. Not removed are:
# everything in `root`, volumes, images, networks, and things that the app shares with others.

# do_find_removable: Sets `from` to the live color, if there is one. Then fails unless the caller gave `--stop-serving`.
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
    # Without its file the proxy may still serve the configuration that it loaded last. Only exit code 1 excludes this.
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

# do_commit_removed: Commits the removal. From here nothing routes to the app, and no way back follows.
do_commit_removed() { commit_switch; }

# do_remove_state: Removes the state. One rename takes it away first, so that no other run finds only a part of it.
do_remove_state() {
  local unit=/etc/systemd/system/deployc-$app.service gone=$state.removed.$$ folder begun
  now
  begun=$now_ms
  for folder in "$state"/releases/*; do
    now
    ((now_ms - begun < deadline["sweep"])) || break
    [[ -f $folder/meta ]] || continue
    warn_of_files_of_app "$folder" $((begun + deadline["sweep"] - now_ms))
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
  # This also removes what an earlier removal has left.
  bounded "${deadline["copy"]}" rm -rf "$state".removed.* || warn "$gone could not be removed: it is no longer needed, remove it by hand"
}

remove_resume_unit() {
  systemctl disable "${1##*/}" && rm -f "$1" && systemctl daemon-reload
}
