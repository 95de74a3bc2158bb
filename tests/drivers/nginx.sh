# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# The common part of nginx's subjects. The proxy's file has an upstream block, unless the subject says otherwise.

subject_file() { printf '/etc/nginx/conf.d/shop.conf'; }

subject_fragment() {
  printf '# Where shop is served: %s.\nupstream shop {\n    server %s;\n}\n' "$1" "${address_of["$1 app"]}"
}

subject_site='location / { proxy_pass http://shop; }'

subject_settings() {
  subject_nginx_settings
  nginx_upstream=shop
}

subject_nginx_settings() {
  nginx_file=$(subject_file)
  nginx_upstream='' nginx_set='' nginx_read_timeout='' nginx_pid=''
  nginx_config=/etc/nginx/nginx.conf
  nginx_binary=nginx
  nginx_test=()
  nginx_reload=(${reload_with[@]+"${reload_with[@]}"})
}

subject_begin() {
  mkdir -p /etc/nginx/conf.d /etc/nginx/more /var/log/nginx
  rm -f /etc/nginx/conf.d/* /etc/nginx/more/*
  {
    printf 'user www-data;\nworker_processes %s;\npid /run/nginx.pid;\n' "${subject_workers_wanted-2}"
    printf 'error_log /var/log/nginx/error.log notice;\nevents { worker_connections 1024; }\n'
    printf 'http {\n  access_log off;\n  include /etc/nginx/conf.d/*.conf;\n  include /etc/nginx/more/*;\n'
    printf '  server { listen 80; %s }\n}\n' "$subject_site"
  } >/etc/nginx/nginx.conf
}

subject_start() {
  nginx
  until_true 5 subject_is_up || fail 'nginx does not start'
}

subject_is_up() {
  [[ -n $(subject_workers) ]]
}

subject_end() {
  local -a workers
  mapfile -t workers < <(subject_workers)
  kill -KILL "$(cat /run/nginx.pid)" "${workers[@]}"
  sleep 0.1
}

subject_break() { printf 'nonsense on;\n' >/etc/nginx/more/broken; }

subject_listen() { printf 'server { listen 127.0.0.1:%s; }\n' "$1" >/etc/nginx/more/listen; }

subject_other_site() {
  printf 'server { listen 81; location / { proxy_pass http://127.0.0.1:%s; proxy_buffering off; } }\n' "$1" >/etc/nginx/more/other
}

subject_reload() { kill -HUP "$(cat /run/nginx.pid)"; }

subject_workers() {
  local pid title
  local -a children
  pid_children "$(cat /run/nginx.pid)"
  for pid in ${children[@]+"${children[@]}"}; do
    title=$(pid_command "$pid")
    [[ $title != *'worker process'* || $title == *'shutting down'* ]] || printf '%s\n' "$pid"
  done
}

subject_not_included() {
  # shellcheck disable=SC2016 # nginx's variable
  sed -i -e 's|include /etc/nginx/conf.d/\*.conf;||' -e 's|include /etc/nginx/shop.inc;|set $service_url http://127.0.0.1:8081;|' \
    -e 's|http://shop|http://127.0.0.1:8081|' /etc/nginx/nginx.conf
}
