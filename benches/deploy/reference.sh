#!/usr/bin/env bash
# reference.sh COLOR PORT BOOT: a deploy that does only what cannot be left out, and keeps no law: no lock, no check of the
# configuration, no second pass, no verify, no way back, nothing synced, nothing written down but a pid.
set -u
cd "${0%/*}" || exit
fragment=/etc/nginx/conf.d/reference.conf

exec 7<> <(:)
wait_a_little() { read -r -t "$1" -u 7 _ || :; }
workers() { read -r -d '' -a workers <"/proc/$1/task/$1/children"; }

old=''
[[ ! -f pid ]] || old=$(<pid)

# Start.
setsid ./testapp --color "$1" --port "$2" --boot "$3" >"log.$1" 2>&1 </dev/null 7>&- &
echo "$!" >pid

# Until it answers 200, every 20 ms.
until { exec 5<>"/dev/tcp/127.0.0.1/$2"; } 2>/dev/null && printf 'GET /health HTTP/1.0\r\n\r\n' >&5 && read -r _ status _ <&5 && [[ $status == 200 ]]; do
  wait_a_little 0.02
done
exec 5>&-

# Swap and reload.
printf 'upstream reference { server 127.0.0.1:%s; }\n' "$2" >"$fragment.new" && mv "$fragment.new" "$fragment"
workers "$(</run/nginx.pid)"
before=("${workers[@]}")
nginx -s reload

# Until every worker of before is gone: none of them accepts, and none has a connection left.
for worker in "${before[@]}"; do
  while [[ -d /proc/$worker ]]; do
    wait_a_little 0.01
  done
done

# Stop.
[[ -n $old ]] || exit 0
kill "$old"
while [[ -d /proc/$old ]]; do
  wait_a_little 0.01
done
