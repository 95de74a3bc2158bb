# ---- color_sign: which color has answered --------------------------------------------------------
#
# A color is proved by its app, or by what the proxy has seen of this request. A text that the proxy's own file holds
# proves nothing.

color_sign=''    # header: only the header `X-Deploy-Color` told the color of the last answer
asked_service='' # the service to which the current `verify` belongs; empty if it belongs to the whole color

# color_fits MILLISECONDS: Succeeds if the answer comes from the color that was asked. Three signs prove it: the
# app's header `X-Deploy-Color`; a body that is the color's name; the proxy's header `X-Upstream: ADDRESS STATUS` with an
# address of this color and an expected status. What the proxy has seen may disprove the other two: the other color, no
# server at all, or an error of the app behind an error page. Names in addresses are resolved within MILLISECONDS.
color_fits() {
  local value at until
  local -a values=() upstreams=() upstream_statuses=()
  local -A resolved=()
  color_sign=''
  try_wanted="no answer of $color from"
  now
  until=$((now_ms + $1))
  if http_values X-Upstream; then
    read_upstreams
    upstreams_allow || return
  fi
  if http_header X-Deploy-Color && ! proxy_sends_color; then
    [[ $value == "$color" ]] || {
      answered_by "$value" ' (header X-Deploy-Color)'
      return
    }
    load_body
    [[ $body == "$color" ]] || color_sign=header
    return 0
  fi
  load_body
  case $body in
    "$color") return 0 ;;
    "${other_color:-$color}")
      answered_by "$other_color"
      return
      ;;
  esac
  if ((${#upstreams[@]})); then
    upstreams_prove
    return
  fi
  excerpt "$body"
  try_kind='no sign of a color in the answer'
  probe_said="status $http_status without a sign of a color: no header X-Deploy-Color of the app, no header X-Upstream of the proxy, and the body is not $color: ${excerpt:-empty}"
  return 1
}

# proxy_sends_color: Succeeds if the proxy's own file sends the header, so that it proves nothing. The files of 0.1.0 did
# this. Their releases are asked as 0.1.0 asked them, because a way back to them must stay open.
proxy_sends_color() {
  local value
  [[ $asks_proxy == yes ]] && file_contains "$release/fragment" x-deploy-color && release_protocol "$release" && ((value >= 1))
}

# file_contains FILE TEXT: Succeeds if the file contains the text, in upper or lower case. TEXT is in lower case. Without
# the file it fails.
file_contains() {
  local text=''
  { IFS= read -r -d '' text <"$1"; } 2>/dev/null
  [[ ${text,,} == *"$2"* ]]
}

# answered_by WORDS [WHERE]: Fails, because something else than the color has answered.
answered_by() {
  excerpt "$1"
  probe_failure=error
  try_kind="answered by ${excerpt:-nothing}"
  probe_said=$try_kind${2-}
  return 1
}

# read_upstreams: Sets `upstreams` and `upstream_statuses` from `values`, the lines of the header X-Upstream; each proxy on
# the way may have sent one. nginx lists all tries of a request in its line, first the addresses, then the statuses
# (`A, B 502, 200`, or `A : B 502 : 200` after an internal redirect). Only the last try counts. Its status may be missing.
read_upstreams() {
  local line at count
  local -a words
  for line in ${values[@]+"${values[@]:0:8}"}; do
    line=${line//,/ }
    read -r -a words <<<"${line// : / }"
    count=${#words[@]}
    ((count)) || continue
    at=$((count - 1))
    while ((at >= 0)) && [[ ${words[at]} =~ ^([1-5][0-9][0-9]|-)$ ]]; do
      at=$((at - 1))
    done
    ((at >= 0)) || continue
    upstreams+=("${words[at]}")
    if ((at < count - 1)); then
      upstream_statuses+=("${words[count - 1]}")
    else
      upstream_statuses+=('')
    fi
  done
}

# upstreams_allow: Fails if the header X-Upstream shows that the color has not given this answer.
upstreams_allow() {
  local at status
  if ((${#upstreams[@]} == 0)); then
    try_kind='no server asked'
    probe_said="status $http_status, but the proxy has asked no server for it (its header X-Upstream is empty)"
    return 1
  fi
  for at in "${!upstreams[@]}"; do
    if is_address_of "$other_color" "${upstreams[at]}" "${services[@]}"; then
      answered_by "$other_color" " at ${upstreams[at]} (header X-Upstream)"
      return
    fi
  done
  for at in "${!upstreams[@]}"; do
    status=${upstream_statuses[at]}
    if [[ -z $status ]] || status_is_expected "$status" || ! is_address_of "$color" "${upstreams[at]}" "${services[@]}"; then
      continue
    fi
    probe_failure=error
    try_kind="status $status behind the proxy"
    probe_said="status $http_status from the proxy, but ${upstreams[at]} itself answered $status (header X-Upstream)"
    return 1
  done
}

# upstreams_prove: Succeeds if one of `upstreams` is an address of the color: of the service to which the `verify`
# belongs, or of any service.
upstreams_prove() {
  local one
  for one in ${upstreams[@]+"${upstreams[@]}"}; do
    if [[ -n $asked_service ]]; then
      ! is_address_of "$color" "$one" "$asked_service" || return 0
    else
      ! is_address_of "$color" "$one" "${services[@]}" || return 0
    fi
  done
  answered_by "$one" ", which is no address of ${asked_service:+$asked_service of }$color (header X-Upstream)"
}

# status_is_expected STATUS: Succeeds if the status fulfils the question's expectations, as the answer's own must.
status_is_expected() {
  local one
  for one in ${statuses[@]+"${statuses[@]}"}; do
    status_is_in "$1" "$one" || return
  done
}

# is_address_of COLOR ADDRESS SERVICE…: Succeeds if one of the services has this address in the color. A name counts as
# each address that this host finds for it. Each name is resolved once, until `now_ms` is `until`.
is_address_of() {
  local name wanted found host=${2%:*} side=$1 address=$2
  shift 2
  host=${host#[}
  host=${host%]}
  for name; do
    wanted=${address_of["$side $name"]-}
    [[ -n $wanted ]] || continue
    [[ $wanted != "$address" ]] || return 0
    [[ ${wanted##*:} == "${address##*:}" && ! ${wanted%:*} =~ ^([0-9.]+|\[.*\])$ ]] || continue
    # As in `established_to`: a host may list only one of the two, and the proxy uses both.
    [[ ${wanted%:*} != localhost || ! $host =~ ^(127\.0\.0\.1|::1)$ ]] || return 0
    resolve "${wanted%:*}"
    [[ $'\n'$found != *$'\n'"$host "* ]] || return 0
  done
  return 1
}

# resolve NAME: Sets `found` to the addresses of the name, as `getent` prints them. It is empty if there are none, or if
# the time is over.
resolve() {
  found=${resolved["$1"]-}
  [[ -z ${resolved["$1"]+known} ]] || return 0
  now
  if ((now_ms < until)) && bounded $((until - now_ms)) getent ahosts "$1" >"$scratch/http.value" 2>/dev/null; then
    IFS= read -r -d '' found <"$scratch/http.value" || :
  fi
  resolved["$1"]=$found
}
