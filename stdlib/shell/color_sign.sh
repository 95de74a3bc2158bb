# ---- color_sign: which color has answered --------------------------------------------------------
#
# A color is proved by its app, or by what the proxy has seen of this request. A text that the proxy's own file holds
# proves nothing.

color_sign='' # header: the last answer told its color by the header `X-Deploy-Color`

# color_fits QUESTION MILLISECONDS: Succeeds if the answer comes from the color that was asked. Three signs prove it: the
# app's header `X-Deploy-Color`; a body that is the color's name; the proxy's header `X-Upstream: ADDRESS STATUS` with an
# address of this color and an expected status. A sign of the other color always fails. Resolving the names in addresses
# may take MILLISECONDS.
color_fits() {
  local value at
  local -a upstreams=() upstream_statuses=()
  color_sign=''
  try_wanted="no answer of $color from"
  ! http_header X-Upstream || read_upstreams "$value"
  for at in ${upstreams[@]+"${!upstreams[@]}"}; do
    if is_address_of "$other_color" "${upstreams[at]}" "$2"; then
      answered_by "$other_color"
      return
    fi
  done
  if http_header X-Deploy-Color && ! proxy_sends_color; then
    color_sign=header
    [[ $value == "$color" ]] || answered_by "$value"
    return
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
    upstreams_fit "$@"
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
  [[ $asks_proxy == yes ]] && file_contains "$release/fragment" X-Deploy-Color && release_protocol "$release" && ((value >= 1))
}

# file_contains FILE TEXT: Succeeds if the file contains the text. Without the file it fails.
file_contains() {
  local text=''
  { IFS= read -r -d '' text <"$1"; } 2>/dev/null
  [[ $text == *"$2"* ]]
}

# answered_by WORDS: Fails, because something else than the color has answered.
answered_by() {
  excerpt "$1"
  probe_failure=error
  try_kind="answered by ${excerpt:-nothing}"
  probe_said=$try_kind
  return 1
}

# read_upstreams TEXT: Sets `upstreams` and `upstream_statuses` from the header X-Upstream. nginx lists all tries of a
# request, first the addresses, then the statuses (`A, B 502, 200`, or `A : B` after an internal redirect). Then only the
# last try counts. If several proxies have sent the header, there are several pairs. A status may be missing.
read_upstreams() {
  local at
  local -a words=()
  at=${1//,/ }
  read -r -a words <<<"${at// : / }"
  if ((${#words[@]} < 2)); then
    upstreams=(${words[@]+"${words[@]}"})
  elif [[ ${words[1]} == [1-5][0-9][0-9] || ${words[1]} == - ]]; then
    for ((at = 0; at < ${#words[@]}; at += 2)); do
      upstreams+=("${words[at]}")
      upstream_statuses+=("${words[at + 1]-}")
    done
  else
    upstreams=("${words[(${#words[@]} - 1) / 2]}")
    upstream_statuses=("${words[${#words[@]} - 1]}")
  fi
}

# upstreams_fit QUESTION MILLISECONDS: Succeeds if one of `upstreams` is an address of the color, with an expected
# status. An error page of the proxy has the address, too, but the status of the failure.
upstreams_fit() {
  local at status
  for at in "${!upstreams[@]}"; do
    is_address_of "$color" "${upstreams[at]}" "$2" || continue
    status=${upstream_statuses[at]-}
    if [[ -n $status ]] && ! status_is_expected "$1" "$status"; then
      probe_failure=error
      try_kind="status $status behind the proxy"
      probe_said="status $http_status from the proxy, but ${upstreams[at]} itself answered $status (header X-Upstream)"
      return 1
    fi
    return 0
  done
  answered_by "${upstreams[${#upstreams[@]} - 1]}, which is no address of $color (header X-Upstream)"
}

# status_is_expected QUESTION STATUS: Succeeds if STATUS fulfils each `expect status` of the question; without one, if it
# is 2xx.
status_is_expected() {
  local at asked=no
  for at in ${expect_part[@]+"${!expect_part[@]}"}; do
    [[ ${expect_of[at]} == "$1" && ${expect_part[at]} == status ]] || continue
    asked=yes
    status_is_in "$2" "${expect_value[at]}" || return
  done
  [[ $asked == yes ]] || status_is_in "$2" 200..299
}

# status_is_in STATUS SETS: Succeeds if the status is in one of the SETS.
status_is_in() {
  local set
  [[ $1 == [1-5][0-9][0-9] ]] || return 1
  for set in $2; do
    (($1 < ${set%%..*} || $1 > ${set##*..})) || return 0
  done
  return 1
}

# is_address_of COLOR ADDRESS MILLISECONDS: Succeeds if a service of the color has this address. A name counts as each
# address that this host finds for it.
is_address_of() {
  local name wanted found host=${2%:*}
  host=${host#[}
  host=${host%]}
  for name in "${services[@]}"; do
    wanted=${address_of["$1 $name"]-}
    [[ -n $wanted ]] || continue
    [[ $wanted != "$2" ]] || return 0
    [[ ${wanted##*:} == "${2##*:}" && ! ${wanted%:*} =~ ^([0-9.]+|\[.*\])$ ]] || continue
    # As in `established_to`: a host may list only one of the two, and the proxy uses both.
    [[ ${wanted%:*} != localhost || ! $host =~ ^(127\.0\.0\.1|::1)$ ]] || return 0
    bounded "$3" getent ahosts "${wanted%:*}" >"$scratch/http.value" 2>/dev/null || continue
    { IFS= read -r -d '' found <"$scratch/http.value"; } 2>/dev/null
    [[ $'\n'$found != *$'\n'"$host "* ]] || return 0
  done
  return 1
}
