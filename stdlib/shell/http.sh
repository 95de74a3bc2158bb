# ---- http: one request, by curl where there is one, else by bash itself -------------------------
#
# A request is described by http_method, http_url, http_fields (headers, one a line), http_via and
# http_content; http_has_content says whether there is a body. What came of it: http_failure (empty
# when an answer came), http_said, http_status, and the files $scratch/http.head and $scratch/http.body.

# http_request MILLISECONDS
http_request() {
  local code
  : >"$scratch/http.head"
  : >"$scratch/http.body"
  : >"$scratch/http.status"
  http_failure='' http_said='' http_status=''
  if command -v curl >/dev/null; then
    bounded $(($1 + 500)) http_by_curl "$1" >"$scratch/http.status" 2>"$scratch/http.errors"
    code=$?
    http_curl_failure "$code"
  else
    bounded "$1" http_by_bash >"$scratch/http.status" 2>"$scratch/http.errors"
    code=$?
    http_bash_failure "$code"
  fi
  [[ $code != 124 ]] || http_failure=timeout
  [[ $http_failure != timeout ]] || http_said="no answer within $1 ms"
  [[ -z $http_failure ]] || return 1
  read -r http_status <"$scratch/http.status"
}

# curl_word TEXT: sets `word`, as curl's configuration quotes it.
curl_word() {
  word=${1//\\/\\\\}
  word=${word//\"/\\\"}
  word=${word//$'\n'/\\n}
  word=${word//$'\r'/\\r}
  word=\"${word//$'\t'/\\t}\"
}

# http_by_curl MILLISECONDS: everything by its configuration on standard input: nothing shows in a process list.
http_by_curl() {
  local config word field seconds
  printf -v seconds '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
  config=$'silent\nshow-error\ngloboff\nhttp1.1\nnoproxy = "*"\nwrite-out = "%{http_code}\\n"\n'
  config+="max-time = $seconds"$'\n'
  curl_word "$http_url"
  config+="url = $word"$'\n'
  curl_word "$scratch/http.body"
  config+="output = $word"$'\n'
  curl_word "$scratch/http.head"
  config+="dump-header = $word"$'\n'
  while IFS= read -r field; do
    [[ -n $field ]] || continue
    curl_word "$field"
    config+="header = $word"$'\n'
  done <<<"$http_fields"
  if [[ -n $http_via ]]; then
    curl_word "::$http_via"
    config+="connect-to = $word"$'\n'
  fi
  case $http_method in
    head) config+=$'head\n' ;;
    post)
      curl_word "$http_content"
      config+="data-raw = $word"$'\n'
      ;;
  esac
  curl -q --config - <<<"$config"
}

# http_curl_failure CODE: what curl's exit code means.
http_curl_failure() {
  local line=''
  case $1 in
    0) return ;;
    5 | 6) http_failure=resolve ;;
    7) http_failure=refused ;;
    28) http_failure=timeout ;;
    35 | 51 | 53 | 54 | 58 | 59 | 60 | 64 | 66 | 77 | 80 | 82 | 83 | 90 | 91) http_failure=tls ;;
    143) http_failure=interrupted ;;
    *) http_failure=broken ;;
  esac
  IFS= read -r line <"$scratch/http.errors"
  line=${line#curl: (*) }
  http_said=${line:-curl ended with exit code $1}
  [[ $http_failure != refused ]] || http_said='connection refused'
}

# http_ready URL…: whether this host can ask them at all.
http_ready() {
  local url
  ! command -v curl >/dev/null || return 0
  for url; do
    if [[ $url == https:* ]]; then
      fail_with "$url cannot be asked without curl (bash alone speaks http, not https): install curl"
      return
    fi
  done
}
