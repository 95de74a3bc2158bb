# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# How the driver suite tries this driver: `cargo test --test drivers -- haproxy`.
# needs haproxy
kind=switch
chain=haproxy
files=(haproxy.sh)

subject_file() { printf '/etc/haproxy/conf.d/shop.cfg'; }

subject_fragment() {
  printf '# Where shop is served: %s.\nbackend shop\n    server %s %s pool-purge-delay 1s\n' "$1" "$1" "${address_of["$1 app"]}"
}

subject_settings() {
  haproxy_file=$(subject_file)
  haproxy_backend=shop
  haproxy_config=("${subject_config[@]}")
  haproxy_pid=/run/haproxy.pid
  haproxy_reload=(${reload_with[@]+"${reload_with[@]}"})
}

subject_config=(/etc/haproxy/haproxy.cfg /etc/haproxy/conf.d)

subject_begin() {
  mkdir -p /etc/haproxy/conf.d
  rm -f /etc/haproxy/conf.d/*
  cat >/etc/haproxy/haproxy.cfg <<'CONFIG'
global
  stats socket /run/haproxy-admin.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  option idle-close-on-response
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind :80
  default_backend shop
CONFIG
}

subject_start() {
  haproxy -W -D -p /run/haproxy.pid -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/conf.d
}

subject_end() {
  local pid
  for pid in $(subject_workers) $(cat /run/haproxy.pid); do
    kill -KILL "$pid" || :
  done
  sleep 0.1
}

subject_break() { printf 'nonsense\n' >/etc/haproxy/conf.d/broken.cfg; }

subject_listen() { printf 'frontend more\n  bind 127.0.0.1:%s\n  default_backend shop\n' "$1" >/etc/haproxy/conf.d/zz-listen.cfg; }

subject_other_site() {
  printf 'frontend other\n  bind :81\n  default_backend other\nbackend other\n  server other 127.0.0.1:%s\n' "$1" >/etc/haproxy/conf.d/other.cfg
}

subject_reload() { kill -USR2 "$(cat /run/haproxy.pid)"; }

subject_workers() {
  local pid
  local -a children
  pid_children "$(cat /run/haproxy.pid)"
  for pid in ${children[@]+"${children[@]}"}; do
    ! haproxy_listens "$pid" || printf '%s\n' "$pid"
  done
}

subject_not_included() { subject_config=(/etc/haproxy/haproxy.cfg); }
