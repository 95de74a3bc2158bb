# ---- http_bash: a request with bash alone, for hosts without curl --------------------------------
#
# Uses HTTP/1.0, so that a server neither keeps the connection open nor sends chunks. If a server does so anyway, its
# answer is still understood.

# bash_ask HEADER…: Sends the request of `http_request` and reads the answer. Runs within `bounded`. Prints a line for
# each stage: `connected`, `status N`, `done`, `cut`, or `failed KIND WORDS…`.
bash_ask() {
  local LC_ALL=C tcp_fd tcp_why='' request header line name length='' chunked=no status head='' lines=0
  umask 077
  trap '' PIPE
  tcp_connect "$host" "$port"
  case $? in
    0) printf 'connected\n' ;;
    10) bash_failed refused 'connection refused' ;;
    11) bash_failed resolve "cannot resolve $host" ;;
    12) bash_failed unreachable "no route to $host" ;;
    *) bash_failed other "cannot connect to $host: $tcp_why" ;;
  esac || return
  bash_request "$@"
  printf '%s' "$request" >&"$tcp_fd" || :
  while ((lines++ < 200)); do
    IFS= read -r -n 65536 -u "$tcp_fd" line || [[ -n $line ]] || break
    head+=$line$'\n'
    line=${line%$'\r'}
    if [[ -z ${status-} ]]; then
      [[ $line =~ ^HTTP/[0-9.]+\ ([1-5][0-9][0-9])(\ |$) ]] || {
        bash_failed other 'the answer is not HTTP'
        return
      }
      status=${BASH_REMATCH[1]}
      continue
    fi
    if [[ -z $line ]]; then
      [[ $status == 1* ]] || break
      status=''
      continue
    fi
    name=${line%%:*}
    line=${line#*:}
    line=${line//[[:blank:]]/}
    case ${name,,} in
      content-length) length=$line ;;
      transfer-encoding) [[ ${line,,} != *chunked ]] || chunked=yes ;;
      *) ;;
    esac
  done
  [[ -n ${status-} ]] || {
    bash_failed closed 'the connection was closed without an answer'
    return
  }
  printf '%s' "$head" >"$scratch/http.head"
  printf 'status %s\n' "$status"
  if [[ $method == head || $status == 204 || $status == 304 ]]; then
    printf 'done\n'
  elif [[ $chunked == yes ]]; then
    bash_chunks
  elif [[ $length =~ ^[0-9]+$ ]]; then
    bash_body "$length"
  else
    bash_body ''
  fi
}

# bash_failed KIND WORDS…: Prints the last line of a request that has no complete answer. Fails.
bash_failed() {
  printf 'failed %s\n' "$*"
  return 1
}

# bash_request HEADER…: Sets `request` to the text to send.
bash_request() {
  local header given=$'\n' name default
  for header; do
    name=${header%%:*}
    given+=${name,,}$'\n'
  done
  request="${method^^} $url_path HTTP/1.0"$'\r\n'
  for default in "Host: $url_name" "User-Agent: deployc/${runtime%%-*}" 'Accept: */*' 'Connection: close'; do
    name=${default%%:*}
    [[ $given == *$'\n'"${name,,}"$'\n'* ]] || request+=$default$'\r\n'
  done
  for header; do
    request+=$header$'\r\n'
  done
  if [[ $method == post ]]; then
    request+="Content-Length: ${#body}"$'\r\n\r\n'$body
  else
    request+=$'\r\n'
  fi
}

# bash_body LENGTH: Reads LENGTH bytes of the body. Without LENGTH reads until the connection is closed.
bash_body() {
  local want=$1 size
  # A longer number is too big for the shell. 16 digits are beyond the limit anyway, so the body will be cut.
  ((${#want} < 16)) || want=${want:0:16}
  if [[ -z $want ]] || ((10#$want > http_limit)); then
    head -c "$http_limit" <&"$tcp_fd" >"$scratch/http.body"
    size=$(wc -c <"$scratch/http.body")
    if ((size >= http_limit)); then
      printf 'cut\n'
      return
    fi
  else
    want=$((10#$want))
    head -c "$want" <&"$tcp_fd" >"$scratch/http.body"
    # `${#body}` counts without a process. It is too small only if bytes are missing or if the text contains a NUL. Both
    # are rare.
    IFS= read -r -d '' body <"$scratch/http.body" || :
    size=${#body}
    ((size == want)) || size=$(wc -c <"$scratch/http.body")
  fi
  if [[ -n $want ]] && ((size < want)); then
    bash_failed closed "status $status, but the body was cut short"
    return
  fi
  printf 'done\n'
}

# bash_chunks: Reads a body in chunks. A server should not send chunks to HTTP/1.0, but may.
bash_chunks() {
  local line size text total=0
  while IFS= read -r -n 4096 -u "$tcp_fd" line; do
    line=${line%%[;$'\r']*}
    [[ $line =~ ^[0-9A-Fa-f]{1,8}$ ]] || break
    size=$((16#$line))
    if ((size == 0)); then
      printf 'done\n'
      return
    fi
    if ((total + size > http_limit)); then
      IFS= read -r -N $((http_limit - total)) -u "$tcp_fd" text || :
      printf '%s' "$text" >>"$scratch/http.body"
      printf 'cut\n'
      return
    fi
    IFS= read -r -N "$size" -u "$tcp_fd" text || break
    printf '%s' "$text" >>"$scratch/http.body"
    total=$((total + size))
    IFS= read -r -n 16 -u "$tcp_fd" line || break
  done
  bash_failed closed "status $status, but its body was cut short, or it is binary in chunks, which needs curl"
}

# bash_outcome CODE: Sets the results of `http_request` from the lines that `bash_ask` printed. CODE is the exit code of
# `bounded`.
bash_outcome() {
  local word rest stage=''
  [[ $1 != 143 ]] || return 143
  while read -r word rest; do
    case $word in
      connected) stage=connected ;;
      status) stage=$rest http_status=$rest ;;
      done) return 0 ;;
      cut)
        http_cut=yes
        return 0
        ;;
      failed)
        http_failure=${rest%% *}
        http_why=${rest#* }
        return 1
        ;;
      *) ;;
    esac
  done <"$scratch/http.said"
  if [[ $1 == 124 ]]; then
    http_timed_out "$stage"
  else
    http_failure=other
    read -r rest <"$scratch/http.errors" || :
    http_why="the request failed${rest:+: $rest}"
  fi
  return 1
}
