# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `switch nginx` with a variable, in nginx of the host with a single worker.
# needs nginx
kind=switch
chain=nginx
files=(../../../stdlib/switch/nginx.sh)

# shellcheck source=/dev/null
source "$suite/nginx.sh"

# One worker that dies and is started again is a whole new generation, to a careless eye.
subject_workers_wanted=1

subject_file() { printf '/etc/nginx/shop.inc'; }

subject_fragment() {
  # shellcheck disable=SC2016 # nginx's variable
  printf '# Where shop is served: %s.\nset $service_url http://%s;\nadd_header X-Deploy-Color %s always;\n' "$1" "${address_of["$1 app"]}" "$1"
}

# shellcheck disable=SC2016 # nginx's variable
subject_site='include /etc/nginx/shop.inc; location / { proxy_pass $service_url; }'

subject_settings() {
  subject_nginx_settings
  nginx_set=service_url
}
