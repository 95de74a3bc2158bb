# ---- live: which color the proxy's files route to, read again each time it matters -------------

live_state=unknown # color, none, mixed, edited (not as a script of ours writes it) or unknown
live=''            # the live color
live_release=''    # its release; empty if the script did not start it
live_guess=''      # for edited: the color that it seems to route to
live_why=''        # for edited and unknown: why

# read_live: fills the above.
read_live() {
  local words
  live='' live_release='' live_guess='' live_why=''
  if ! ask_switch routed; then
    live_state=unknown
    live_why=$answer
    return 0
  fi
  read -r live_state words <<<"$answer"
  case $live_state in
    color)
      read -r live live_release <<<"$words"
      [[ $live_release != - ]] || live_release=''
      ;;
    none | mixed) ;;
    edited) read -r live_guess live_why <<<"$words" ;;
    *)
      live_why=${words:-"what $switch answered could not be kept: is the disk with $state full?"}
      live_state=unknown
      ;;
  esac
}

# know_live: as `read_live`, but anything else than a color or none ends the run.
know_live() {
  read_live
  live_is_known
}

# live_is_known: the same of what `read_live` found.
live_is_known() {
  case $live_state in
    color | none) return 0 ;;
    mixed) fail_with "the proxy's files route to both colors: put one of the built fragments (${colors[0]}.conf or ${colors[1]}.conf) there and reload the proxy, then try again" ;;
    *) fail_with "cannot tell which color is live: $live_why" ;;
  esac
  exit_code=3
  return 1
}

# choose_idle: sets `from` and `to`. A color that this script does not know (it was renamed) may be live;
# then the idle one is that whose place it does not take.
choose_idle() {
  local choice value
  know_live || return
  from=$live
  to=''
  for choice in "${colors[@]}"; do
    [[ $choice != "$live" ]] || continue
    # The fragment was taken away, but the proxy may not have been reloaded since. Whether all of it runs does not matter.
    [[ $live_state != none ]] || ! last_live_is "$choice" || continue
    if [[ -n $live_release ]] && meta ports "$live_release" && shares_port "$choice" "$value"; then
      continue
    fi
    to=$choice
    break
  done
  if [[ -z $to ]]; then
    exit_code=3
    fail_with "no color is idle: $live takes the ports of both"
    return
  fi
  say "  ${from:-no color} is live, $to is idle"
}

# last_live_is COLOR: the release that was switched to last is of that color.
last_live_is() {
  local value
  [[ -L $state/live ]] && meta color "$state/live" && [[ $value == "$1" ]]
}

# shares_port COLOR PORTS: whether a service of the color has one of these ports.
shares_port() {
  local name taken
  for name in "${services[@]}"; do
    release='' use "$1" "$name"
    for taken in $2; do
      [[ $port != "$taken" ]] || return 0
    done
  done
  return 1
}

# is_untouchable RELEASE: it is live, or a swap in which it takes part is not confirmed.
is_untouchable() {
  local value
  [[ ${journal[phase]} != swapping ]] || return 0
  read_live
  case $live_state in
    # Without a fragment the proxy may still serve what it was told last.
    none) [[ $state/live -ef $1 ]] ;;
    color)
      [[ ! $live_release -ef $1 ]] || return 0
      [[ -z $live_release ]] && meta color "$1" && [[ $value == "$live" ]]
      ;;
    *) return 0 ;;
  esac
}

# stop_release RELEASE: the only place that stops a color.
stop_release() {
  if is_untouchable "$1"; then
    answer="the proxy routes to it, or may: it is left alone${live_why:+ ($live_why)}"
    return 1
  fi
  of_release "$1" stop
}
