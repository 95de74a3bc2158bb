# ---- http: one request and its answer ------------------------------------------------------------
#
# Uses curl if the host has a version that can do what is needed, otherwise bash alone, which cannot do https.

http_client=''       # curl or bash; chosen once
http_curl_version='' # the version of curl, if there is one
http_limit=1048576   # how many bytes of a body are read
# shellcheck disable=SC2016  # nothing in it is to be expanded
http_header_shape='^[A-Za-z0-9!#$%&*+.^_`|~-]+: '

# http_with: Chooses the client, once. `--connect-to` needs curl 7.49.
http_with() {
  local words=0.0 _
  [[ -z $http_client ]] || return 0
  http_client=bash
  command -v curl >/dev/null || return 0
  bounded 5000 curl -q --version >"$scratch/http.said" 2>/dev/null || return 0
  read -r _ words _ <"$scratch/http.said" || :
  http_curl_version=$words
  [[ $words =~ ^([0-9]+)\.([0-9]+) ]] || return 0
  if ((10#${BASH_REMATCH[1]} * 1000 + 10#${BASH_REMATCH[2]} >= 7049)); then
    http_client=curl
  fi
}

# http_url URL: Sets url_scheme, url_host (without brackets), url_port, url_name (for the header `Host`) and url_path.
# Fails if the URL is wrong; `http_why` then says why.
http_url() {
  local rest=$1
  http_why=''
  if [[ $rest == *[[:cntrl:][:space:]]* ]]; then
    http_why='a URL must not contain blanks or line breaks'
    return 1
  fi
  url_scheme=${rest%%://*}
  rest=${rest#*://}
  rest=${rest%%#*}
  url_name=${rest%%[/?]*}
  url_path=${rest#"$url_name"}
  [[ $url_path == /* ]] || url_path=/$url_path
  case $url_scheme in
    http) url_port=80 ;;
    https) url_port=443 ;;
    *)
      http_why='a URL begins with http:// or https://'
      return 1
      ;;
  esac
  if [[ $url_name == *@* ]]; then
    http_why='a URL must not contain a user name: send it in an Authorization header'
    return 1
  fi
  http_host_port "$url_name" "$url_port" || {
    http_why="not a valid host: $url_name"
    return 1
  }
  url_host=$host
  url_port=$port
}

# http_host_port HOST[:PORT] DEFAULT: Sets `host`, without brackets, and `port`. Fails if the text is wrong.
http_host_port() {
  port=$2
  if [[ $1 =~ ^\[([0-9A-Fa-f:.%]+)\](:([0-9]+))?$ ]] || [[ $1 =~ ^([A-Za-z0-9._-]+)(:([0-9]+))?$ ]]; then
    host=${BASH_REMATCH[1]}
    port=${BASH_REMATCH[3]:-$2}
    [[ $host != -* ]]
  else
    return 1
  fi
}

# http_ready URL…: Fails if this host cannot ask one of the URLs.
http_ready() {
  local url url_scheme url_host url_port url_name url_path http_why host port
  http_with
  for url; do
    http_url "$url" || {
      fail_with "cannot ask $url: $http_why"
      return
    }
    if [[ $url_scheme == https && $http_client != curl ]]; then
      if [[ -n $http_curl_version ]]; then
        fail_with "cannot ask $url: https needs curl 7.49 or newer, this host has $http_curl_version"
      else
        fail_with "cannot ask $url: https needs curl, which this host does not have: install it"
      fi
      return
    fi
  done
}

# http_request METHOD URL MILLISECONDS VIA CA BODY HEADER…: Sends a request. METHOD is get, head or post. VIA is empty,
# or a HOST:PORT to connect to instead. CA is empty, or a file of certificates. A HEADER is `Name: value`.
# Returns 0 if there is an answer: `http_status`, its headers in $scratch/http.head, the first MiB of its body in
# $scratch/http.body; `http_cut` is yes if the body was longer. Returns 1 if there is none: `http_failure` is refused,
# timeout, resolve, unreachable, tls, closed, invalid or other, and `http_why` says it in words. Returns 143 if the
# script was asked to stop.
http_request() {
  local method=$1 url=$2 http_ms=$3 via=$4 ca=$5 body=$6 header
  local url_scheme url_host url_port url_name url_path host port
  shift 6
  http_status='' http_cut=no http_failure='' http_why=''
  http_with
  if ! http_url "$url"; then
    http_failure=invalid
    return 1
  fi
  for header; do
    if [[ ! $header =~ $http_header_shape || $header == *[$'\r\n']* ]]; then
      http_failure=invalid
      http_why="header ${header%%:*} cannot be sent: its value contains a line break, or its name a character that is not allowed"
      return 1
    fi
  done
  if [[ -n $via ]] && ! http_host_port "$via" "$url_port"; then
    http_failure=invalid
    http_why="via $via is not host:port"
    return 1
  fi
  : >"$scratch/http.head" || return
  : >"$scratch/http.body" || return
  if [[ $http_client == curl ]]; then
    # curl keeps the deadline itself and can say what was missing. The deadline of `bounded` is for a curl that hangs.
    bounded $((http_ms + 500)) curl_ask "$@" >"$scratch/http.said" 2>"$scratch/http.errors"
    curl_outcome $?
  elif [[ $url_scheme == https ]]; then
    http_failure=tls
    http_why='https needs curl'
    return 1
  else
    bounded "$http_ms" bash_ask "$@" >"$scratch/http.said" 2>"$scratch/http.errors"
    bash_outcome $?
  fi
}

# in_seconds MILLISECONDS: Sets `in_seconds`, the time for messages: 300ms, 2s, 2.5s.
in_seconds() {
  if (($1 < 1000)); then
    in_seconds=${1}ms
  elif (($1 % 1000 < 100)); then
    in_seconds=$(($1 / 1000))s
  else
    in_seconds=$(($1 / 1000)).$(($1 % 1000 / 100))s
  fi
}

# http_timed_out STAGE: Sets `http_failure` and `http_why` for a request that took too long. STAGE says how far it came:
# empty, `connected`, or a status.
http_timed_out() {
  local in_seconds
  http_failure=timeout
  in_seconds "$http_ms"
  case $1 in
    '') http_why="timed out: no connection within $in_seconds" ;;
    connected) http_why="timed out: connected, but no answer within $in_seconds" ;;
    *) http_why="timed out: status $1, but its body did not end within $in_seconds" ;;
  esac
}

# http_header NAME: Sets `value` to the value of this header. Several values are joined by commas. Fails if there is
# none.
http_header() {
  local one
  local -a values
  value=''
  http_values "$1" || return
  for one in ${values[@]+"${values[@]}"}; do
    value+=", $one"
  done
  value=${value#, }
}

# http_values NAME: Sets `values` to the values of this header, one for each of its lines. Fails if there is none.
http_values() {
  local line key
  values=()
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    if [[ $line == HTTP/* ]]; then
      # The lines before this one belong to an interim answer.
      values=()
      continue
    fi
    key=${line%%:*}
    [[ $line == *:* && ${key,,} == "${1,,}" ]] || continue
    line=${line#*:}
    line=${line#"${line%%[! $'\t']*}"}
    line=${line%"${line##*[! $'\t']}"}
    values+=("$line")
  done <"$scratch/http.head"
  ((${#values[@]}))
}

# http_body: Sets `body` to the part of the body that was read. A NUL, which a variable cannot hold, becomes a blank.
http_body() {
  local piece
  body=''
  while IFS= read -r -d '' piece; do
    body+="$piece "
  done <"$scratch/http.body"
  body+=$piece
}
