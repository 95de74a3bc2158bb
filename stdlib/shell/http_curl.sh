# ---- http_curl: a request with curl --------------------------------------------------------------

# curl_ask HEADER…: Sends the request of `http_request` with curl. Runs within `bounded`. curl reads the request from
# its standard input, because every user of the host can read a command line.
curl_ask() {
  local config header quoted
  umask 077
  # A body beyond the limit makes the write fail, instead of filling the disk.
  trap '' XFSZ
  ulimit -f $((http_limit / 1024)) 2>/dev/null
  curl_quote "$url"
  config="url = $quoted"
  curl_quote "$scratch/http.body"
  config+=$'\n'"output = $quoted"
  curl_quote "$scratch/http.head"
  config+=$'\n'"dump-header = $quoted"
  config+=$'\nuser-agent = "deployc/'"${runtime%%-*}"'"'
  config+=$'\ngloboff\nhttp1.1\nproto = "=http,https"\nnoproxy = "*"'
  printf -v quoted '%d.%03d' $((http_ms / 1000)) $((http_ms % 1000))
  config+=$'\n'"max-time = $quoted"
  [[ -z $via ]] || config+=$'\n'"connect-to = \"::$via\""
  if [[ -n $ca ]]; then
    curl_quote "$ca"
    config+=$'\n'"cacert = $quoted"
  fi
  case $method in
    head) config+=$'\nhead' ;;
    post)
      printf '%s' "$body" >"$scratch/http.request" || return 23
      curl_quote "@$scratch/http.request"
      config+=$'\nheader = "Content-Type:"\nheader = "Expect:"\n'"data-binary = $quoted"
      ;;
    *) ;;
  esac
  for header; do
    # For curl `Name:` without a value means to remove the header. `Name;` sends it with an empty value.
    [[ ! $header =~ ^[^:]*:[[:blank:]]*$ ]] || header=${header%%:*}\;
    curl_quote "$header"
    config+=$'\n'"header = $quoted"
  done
  curl -q -sS -w '%{http_code} %{time_connect}' --config - <<<"$config"
}

# curl_quote TEXT: Sets `quoted` to TEXT, quoted for curl's configuration.
curl_quote() {
  quoted=${1//\\/\\\\}
  quoted=${quoted//\"/\\\"}
  quoted=${quoted//$'\n'/\\n}
  quoted=\"${quoted//$'\r'/\\r}\"
}

# curl_outcome CODE: Sets the results of `http_request` from curl's exit code and output.
curl_outcome() {
  local connected said
  read -r http_status connected <"$scratch/http.said" || :
  [[ $http_status == [1-5][0-9][0-9] ]] || http_status=''
  [[ $method != head ]] || : >"$scratch/http.body"
  case $1 in
    0)
      [[ -n $http_status ]] && return 0
      http_failure=other
      http_why='the answer is not HTTP'
      ;;
    143) return 143 ;;
    6)
      http_failure=resolve
      http_why="cannot resolve ${via:-$url_host}"
      ;;
    7)
      http_failure=refused
      http_why='connection refused'
      [[ ${via:-$url_host} == 127.* || ${via:-$url_host} == localhost* ]] || http_why='connection refused, or no route to the host'
      ;;
    28 | 124)
      connected=${connected//[0.]/}
      http_timed_out "${http_status:-${connected:+connected}}"
      ;;
    23)
      # The body was too long, or the disk is full.
      if [[ -n $http_status && $(wc -c <"$scratch/http.body") -ge $http_limit ]]; then
        http_cut=yes
        return 0
      fi
      http_failure=other
      http_why="cannot write the answer to $scratch: is the disk full?"
      ;;
    1 | 8)
      http_failure=other
      http_why='the answer is not HTTP'
      ;;
    52)
      http_failure=closed
      http_why='the connection was closed without an answer'
      ;;
    18)
      http_failure=closed
      http_why="status $http_status, but the body was cut short"
      ;;
    55 | 56)
      http_failure=closed
      http_why='the connection was reset'
      ;;
    35 | 51 | 53 | 54 | 58 | 59 | 60 | 64 | 66 | 77 | 80 | 82 | 83 | 90 | 91)
      http_failure=tls
      read -r said <"$scratch/http.errors" || :
      http_why="TLS failed: ${said#curl: (*) }"
      ;;
    *)
      http_failure=other
      read -r said <"$scratch/http.errors" || :
      http_why="curl failed with $1: ${said#curl: (*) }"
      ;;
  esac
  return 1
}
