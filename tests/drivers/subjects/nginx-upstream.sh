# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `switch nginx` with an upstream block, in nginx of the host.
# needs nginx
# also busybox
kind=switch
chain=nginx
files=(../../../stdlib/switch/nginx.sh)

# shellcheck source=/dev/null
source "$suite/nginx.sh"

subject_file() { printf '/etc/nginx/conf.d/shop.conf'; }

subject_fragment() {
  printf '# Where shop is served: %s.\nupstream shop {\n    server %s;\n}\n' "$1" "${address_of["$1 app"]}"
}

subject_site='location / { proxy_pass http://shop; }'

subject_settings() {
  subject_nginx_settings
  nginx_upstream=shop
}
