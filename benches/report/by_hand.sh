#!/usr/bin/env bash
# by_hand.sh reload|restart COLOR PORT: a deploy as blog posts write it. Whatever answers decides what is live, a fixed sleep and a poll
# wait for the new program, the proxy is told, and the old program is stopped at once.
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
