# ---- http without curl: HTTP/1.0 over bash's /dev/tcp --------------------------------------------

# http_by_bash: prints the status. Its exit codes: 3 not http, 7 no connection, 52 no HTTP answer, 56 cut short.
http_by_bash() {
  local scheme host port path target field line status length='' chunked=no name value
  if ! http_split_url "$http_url"; then
    printf '%s\n' "not a URL that bash can ask: $http_url" >&2
    return 3
  fi
  if [[ $scheme != http ]]; then
    printf '%s\n' 'bash alone speaks http, not https: install curl' >&2
    return 3
  fi
  target=$host:$port
  [[ -z $http_via ]] || target=$http_via
  value=${target%:*}
  value=${value#[}
  exec 3<>"/dev/tcp/${value%]}/${target##*:}" || return 7
  line="${http_method^^} $path HTTP/1.0"$'\r\n'
  [[ $'\n'${http_fields,,} == *$'\nhost:'* ]] || line+="Host: $host${given_port:+:$given_port}"$'\r\n'
  line+=$'Connection: close\r\nUser-Agent: deployc\r\n'
  while IFS= read -r field; do
    [[ -z $field ]] || line+=$field$'\r\n'
  done <<<"$http_fields"
  [[ $http_method != post ]] || line+="Content-Length: ${#http_content}"$'\r\n'
  printf '%s\r\n' "$line" >&3 || return 56
  [[ $http_method != post ]] || printf '%s' "$http_content" >&3 || return 56
  IFS= read -r line <&3 || return 52
  [[ $line =~ ^HTTP/[0-9.]+\ ([0-9][0-9][0-9]) ]] || return 52
  status=${BASH_REMATCH[1]}
  while IFS= read -r line <&3; do
    line=${line%$'\r'}
    [[ -n $line ]] || break
    printf '%s\n' "$line" >>"$scratch/http.head"
    name=${line%%:*}
    value=${line#*:}
    value=${value//[[:blank:]]/}
    case ${name,,} in
      content-length) length=$value ;;
      transfer-encoding) [[ ${value,,} != *chunked* ]] || chunked=yes ;;
    esac
  done
  if [[ $http_method == head || $status == 204 || $status == 304 ]]; then
    :
  elif [[ $chunked == yes ]]; then
    http_read_chunks || return 56
  elif [[ $length =~ ^[0-9]{1,9}$ ]]; then
    head -c "$length" <&3 >"$scratch/http.body"
  else
    cat <&3 >"$scratch/http.body"
  fi
  printf '%s\n' "$status"
}

# http_split_url URL: sets scheme, host, port, given_port and path of the caller.
http_split_url() {
  [[ $1 =~ ^(https?)://(\[[0-9A-Fa-f:.]+\]|[^][/:?#@]+)(:([0-9]+))?([/?][^#]*)? ]] || return 1
  scheme=${BASH_REMATCH[1]}
  host=${BASH_REMATCH[2]}
  given_port=${BASH_REMATCH[4]}
  port=${given_port:-80}
  path=${BASH_REMATCH[5]:-/}
  [[ $path == /* ]] || path=/$path
}

# http_read_chunks: some servers answer in chunks whatever they are asked.
http_read_chunks() {
  local size line
  while IFS= read -r size <&3; do
    size=${size%%[;$'\r']*}
    [[ $size =~ ^[0-9A-Fa-f]{1,7}$ ]] || return 1
    ((16#$size > 0)) || return 0
    head -c $((16#$size)) <&3 >>"$scratch/http.body"
    IFS= read -r line <&3 || return 1
  done
  return 1
}

# http_bash_failure CODE
http_bash_failure() {
  local said=''
  case $1 in
    0) return ;;
    124) return ;;
    143) http_failure=interrupted ;;
    3) http_failure=tls ;;
    7) http_failure=refused ;;
    *) http_failure=broken ;;
  esac
  said=$(tail -n 1 "$scratch/http.errors")
  case $said in
    *'Name or service not known'* | *'Temporary failure'* | *'not known'*) http_failure=resolve ;;
    *'timed out'*) http_failure=timeout ;;
  esac
  case $http_failure in
    refused) http_said='connection refused' ;;
    *) http_said=${said:-the answer was cut short} ;;
  esac
}
