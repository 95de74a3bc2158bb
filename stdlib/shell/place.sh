# ---- place: the color, release and service that something is about ---------------------------------
#
# `at` is the only function that knows a place. Outside of it there is no color, no service and no port: nothing can be about the one
# that happened to be at hand.

from='' to=''  # the colors: what served when the command began, and the other one
old_release='' # the release of `from`; empty if the script did not start it
candidate=''   # the release of `to`

# at new|old|COLOR SERVICE COMMAND…: runs COMMAND with `color release slot service port address` and what the color's other half is.
# With a COLOR there is no release: only its places are meant.
at() {
  local color=$1 release='' service=$2 slot port address other_color='' other_port='' handover stop_within
  local one
  local -A offer=()
  case $1 in
    new) color=$to release=$candidate ;;
    old) color=$from release=$old_release ;;
  esac
  slot=$release/slot
  for one in "${colors[@]}"; do
    [[ $one == "$color" ]] || other_color=$one
  done
  port=${port_of["$color $service"]-}
  address=${address_of["$color $service"]-}
  other_port=${port_of["$other_color $service"]-}
  handover=${handover_of["$service"]-}
  stop_within=${stop_within_of["$service"]-}
  read_offers
  if ! known_color "$color"; then
    # Of an older deploy.bg: only its release knows where it listened.
    other_color='' other_port=''
    places_of_release "$release"
  fi
  shift 2
  "$@"
}

# read_offers: fills `offer` with what the driver of the service at hand said when it had started.
read_offers() {
  local name told
  [[ -f $release/offers.$service ]] || return 0
  while IFS='=' read -r name told; do
    [[ -z $name ]] || offer["$name"]=$told
  done <"$release/offers.$service"
}

# places_of_release RELEASE: sets port and address to its first ones.
places_of_release() {
  local value
  [[ -n $1 ]] || return 0
  ! meta ports "$1" || port=${value%% *}
  ! meta addresses "$1" || address=${value%% *}
}

# known_color COLOR: whether it is one of this script's.
known_color() {
  local one
  for one in "${colors[@]}"; do
    [[ $one != "$1" ]] || return 0
  done
  return 1
}

# other_color COLOR: prints the one that it is not.
other_color() {
  local one
  for one in "${colors[@]}"; do
    [[ $one == "$1" ]] || printf '%s' "$one"
  done
}

# first_routed: sets `service`, the first that the proxy routes to; the first of all where none is.
first_routed() {
  for service in "${services[@]}"; do
    [[ -z ${address_of["${colors[0]} $service"]-} ]] || return 0
  done
  service=${services[0]}
}

# at_first new|old COMMAND…: for what is about a color as the proxy sees it.
at_first() {
  local service side=$1
  shift
  first_routed
  at "$side" "$service" "$@"
}

# overlaps SERVICE: it runs in both colors for a while.
overlaps() {
  [[ ${handover_of["$1"]} == overlap ]]
}
