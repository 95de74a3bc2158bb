#!/usr/bin/env bash
# by_hand.sh reload|restart COLOR PORT: A deploy as blog posts show it. It starts the program, sleeps, polls its health,
# writes the fragment and reloads or restarts nginx. It stops the old program at once, by the pid in a file.
cd "${0%/*}" || exit
how=$1 color=$2 port=$3
fragment=/etc/nginx/conf.d/by-hand-$how.conf

old=$(cat "pid.$how" 2>/dev/null)
nohup ./testapp --color "$color" --port "$port" --boot 1 >"log.$how.$color" 2>&1 </dev/null &
echo $! >"pid.$how"

sleep 3
for _ in 1 2 3 4 5 6 7 8 9 10; do
  curl -s "http://127.0.0.1:$port/health" | grep -q UP && break
  sleep 3
done

echo "upstream by-hand-$how { server 127.0.0.1:$port; }" >"$fragment"
if [ "$how" = restart ]; then
  kill "$(cat /run/nginx.pid)"
  while [ -e /run/nginx.pid ]; do sleep 0.1; done
  nginx
else
  nginx -s reload
fi

[ -z "$old" ] || kill -15 "$old"
echo "deployed $color"
