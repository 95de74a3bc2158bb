# ---- place: the color, release and service that a function works on ------------------------------
#
# Only `at` sets the color, the service and the port, and only for the command that it runs. So no function can use the
# values of an earlier one by mistake.

from='' to=''  # the colors: the live color when the command began, and the other one
old_release='' # the release of `from`; empty if the script did not start it
candidate=''   # the release of `to`

# at new|old|COLOR SERVICE COMMAND…: Runs COMMAND with `color release slot service port address handover stop_within
# offer`, and with `other_color other_port` of the other color. With a COLOR in place of `new` or `old` there is no
# release, only ports and addresses.
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
    # The color is from an older deploy.bg. Only its release knows its ports and addresses.
    other_color='' other_port=''
    places_of_release "$release"
  fi
  shift 2
  "$@"
}

# read_offers: Fills `offer` with the values that the driver of the current service has offered after the start.
read_offers() {
  local name told
  [[ -f $release/offers.$service ]] || return 0
  while IFS='=' read -r name told; do
    [[ -z $name ]] || offer["$name"]=$told
  done <"$release/offers.$service"
}

# places_of_release RELEASE: Sets `port` and `address` to the first ones of the release.
places_of_release() {
  local value
  [[ -n $1 ]] || return 0
  ! meta ports "$1" || port=${value%% *}
  ! meta addresses "$1" || address=${value%% *}
}

# known_color COLOR: Succeeds if it is one of this script's colors.
known_color() {
  local one
  for one in "${colors[@]}"; do
    [[ $one != "$1" ]] || return 0
  done
  return 1
}

# other_color COLOR: Prints the other color.
other_color() {
  local one
  for one in "${colors[@]}"; do
    [[ $one == "$1" ]] || printf '%s' "$one"
  done
}

# first_routed: Sets `service` to the first service that the proxy routes to. If there is none, to the first service.
first_routed() {
  for service in "${services[@]}"; do
    [[ -z ${address_of["${colors[0]} $service"]-} ]] || return 0
  done
  service=${services[0]}
}

# at_first new|old COMMAND…: Runs COMMAND for the first routed service, as a stand-in for the whole color.
at_first() {
  local service side=$1
  shift
  first_routed
  at "$side" "$service" "$@"
}

# at_verify new|old NAME COMMAND…: Runs COMMAND for the service whose `verify` this is: `web.page` belongs to `web`. One
# without a service is asked for the first routed service.
at_verify() {
  local service side=$1
  case $2 in
    *.*) service=${2%%.*} ;;
    *) first_routed ;;
  esac
  shift 2
  at "$side" "$service" "$@"
}

# overlaps SERVICE: Succeeds if the service runs in both colors for a while (`handover overlap`).
overlaps() {
  [[ ${handover_of["$1"]} == overlap ]]
}
