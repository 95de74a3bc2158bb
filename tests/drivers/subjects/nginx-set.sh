# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `switch nginx` with `set`, on a host whose nginx has a single worker.
# needs nginx
kind=switch
chain=nginx
files=(../../../stdlib/switch/nginx.sh)

# shellcheck source=/dev/null
source "$suite/nginx.sh"

# If the only worker dies and nginx starts it again, a careless check sees a whole new generation.
subject_workers_wanted=1

subject_file() { printf '/etc/nginx/shop.inc'; }

subject_fragment() {
  # shellcheck disable=SC2016 # nginx's variable
  printf '# Where shop is served: %s.\nset $service_url http://%s;\n' "$1" "${address_of["$1 app"]}"
}

# shellcheck disable=SC2016 # nginx's variable
subject_site='include /etc/nginx/shop.inc; location / { proxy_pass $service_url; }'

subject_settings() {
  subject_nginx_settings
  nginx_set=service_url
}
