#!/usr/bin/env bash
# reference.sh COLOR PORT BOOT: A deploy that does only what every deploy must do. It has none of the script's safety: no
# lock, no test of the configuration, no second pass, no verify, no way back and no sync. It saves only the pid.
set -u
cd "${0%/*}" || exit
fragment=/etc/nginx/conf.d/reference.conf

exec 7<> <(:)
wait_a_little() { read -r -t "$1" -u 7 _ || :; }
workers() { read -r -d '' -a workers <"/proc/$1/task/$1/children"; }

old=''
[[ ! -f pid ]] || old=$(<pid)

# Start the program.
setsid ./testapp --color "$1" --port "$2" --boot "$3" >"log.$1" 2>&1 </dev/null 7>&- &
echo "$!" >pid

# Ask it every 20 ms until it answers 200.
until
  { exec 5<>"/dev/tcp/127.0.0.1/$2"; } 2>/dev/null \
    && printf 'GET /health HTTP/1.0\r\n\r\n' >&5 \
    && read -r _ status _ <&5 \
    && [[ $status == 200 ]]
do
  wait_a_little 0.02
done
exec 5>&-

# Swap the file and reload nginx.
printf 'upstream reference { server 127.0.0.1:%s; }\n' "$2" >"$fragment.new" && mv "$fragment.new" "$fragment"
workers "$(</run/nginx.pid)"
before=("${workers[@]}")
nginx -s reload

# Wait until every worker from before the reload is gone: then none accepts, and none has a connection left.
for worker in "${before[@]}"; do
  while [[ -d /proc/$worker ]]; do
    wait_a_little 0.01
  done
done

# Stop the old program.
[[ -n $old ]] || exit 0
kill "$old"
while [[ -d /proc/$old ]]; do
  wait_a_little 0.01
done
