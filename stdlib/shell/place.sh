# ---- place: the color, release and service that a function works on ------------------------------
#
# Only `at` sets the color, the service and the port, and only for the command that it runs. So no function can use the
# values of an earlier one by mistake.

from='' to=''  # the colors: the live color when the command began, and the other one
old_release='' # the release of `from`; empty if the script did not start it
candidate=''   # the release of `to`

# at new|old|COLOR SERVICE COMMAND…: Runs COMMAND with `color release slot service port address handover stop_within
# offer`, and with `other_color other_port` of the other color. With a COLOR in place of `new` or `old` there is no
# release, only today's ports and addresses.
at() {
  local color=$1 release='' service=$2 slot port address other_color='' other_port='' handover stop_within
  local one
  local -A offer=() other_places=()
  case $1 in
    new) color=$to release=$candidate ;;
    old) color=$from release=$old_release ;;
  esac
  slot=$release/slot
  # The color may be from an older deploy.bg. Then today's deploy.bg does not say what its other color was.
  if known_color "$color"; then
    for one in "${colors[@]}"; do
      [[ $one == "$color" ]] || other_color=$one
    done
    other_port=${port_of["$other_color $service"]-}
  fi
  find_other_places
  if ((${#other_places[@]})); then
    # COMMAND sees these in place of today's: a probe may name another service than the current one.
    local -A port_of=() address_of=()
    for one in "${!other_places[@]}"; do
      case $one in
        port*) port_of["${one#port }"]=${other_places["$one"]} ;;
        *) address_of["${one#address }"]=${other_places["$one"]} ;;
      esac
    done
  fi
  port=${port_of["$color $service"]-}
  address=${address_of["$color $service"]-}
  handover=${handover_of["$service"]-}
  stop_within=${stop_within_of["$service"]-}
  read_offers
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

# find_other_places: Fills `other_places` if the current release has other ports or addresses than today's deploy.bg
# says. The release may be from another deploy.bg, and listens where it was started. A release without a meta file was
# never started.
find_other_places() {
  local value name ports addresses ports_then addresses_then
  [[ -n $release ]] && meta ports "$release" || return 0
  ports_then=$value
  meta addresses "$release" || return 0
  addresses_then=$value
  list_places "$color"
  [[ $ports != "$ports_then" || $addresses != "$addresses_then" ]] || return 0
  for name in ${port_of[@]+"${!port_of[@]}"}; do
    other_places["port $name"]=${port_of["$name"]}
  done
  for name in ${address_of[@]+"${!address_of[@]}"}; do
    other_places["address $name"]=${address_of["$name"]}
  done
  for name in "${services[@]}"; do
    place_in "$ports_then" "$name" "${port_of["${colors[0]} $name"]-}"
    other_places["port $color $name"]=$value
    place_in "$addresses_then" "$name" "${address_of["${colors[0]} $name"]-}"
    other_places["address $color $name"]=$value
  done
}

# list_places COLOR: Sets `ports` and `addresses` to those of today's deploy.bg, as a meta file has them: one for each
# service, in the order of deploy.bg. A service that has none leaves its place empty.
list_places() {
  local name
  ports='' addresses=''
  for name in "${services[@]}"; do
    ports+=" ${port_of["$1 $name"]-}"
    addresses+=" ${address_of["$1 $name"]-}"
  done
  ports=${ports# } addresses=${addresses# }
}

# place_in PLACES SERVICE TODAY: Sets `value` to the service's port or address in PLACES. PLACES is the list of ports, or
# of addresses, in a meta file: one for each service, in the order of the deploy.bg of that release. The list has no
# names. So if it has another number of entries than today's services, or if the service's entry is empty, `value` is the
# first entry that is not empty. TODAY is a port or an address of the service in today's deploy.bg; if it is empty,
# `value` is empty, too.
place_in() {
  local one rest=$1 blanks=${1//[! ]/}
  value=''
  [[ -n $3 ]] || return 0
  if ((${#blanks} + 1 == ${#services[@]})); then
    for one in "${services[@]}"; do
      value=${rest%% *}
      rest=${rest#* }
      [[ $one != "$2" ]] || break
    done
    [[ -z $value ]] || return 0
  fi
  rest=${1#"${1%%[! ]*}"}
  value=${rest%% *}
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

# at_first new|old COMMAND…: Runs COMMAND for the first routed service. This service represents the whole color.
at_first() {
  local service side=$1
  shift
  first_routed
  at "$side" "$service" "$@"
}

# at_verify new|old NAME COMMAND…: Runs COMMAND for the service whose `verify` this is: `web.page` belongs to `web`. One
# without a service is asked for the first routed service.
at_verify() {
  local service side=$1 asked_service=''
  case $2 in
    *.*)
      service=${2%%.*}
      # The proxy does not route to a service without an address, so another one answers for it.
      [[ -z ${address_of["${colors[0]} $service"]-} ]] || asked_service=$service
      ;;
    *) first_routed ;;
  esac
  shift 2
  at "$side" "$service" "$@"
}

# overlaps SERVICE: Succeeds if the service runs in both colors for a while (`handover overlap`).
overlaps() {
  [[ ${handover_of["$1"]} == overlap ]]
}
