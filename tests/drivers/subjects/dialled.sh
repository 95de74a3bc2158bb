# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# A switch driver of the suite's own, which extends `nginx` and has every function that a driver may leave out.
# needs nginx
# only has_every_function
# only dials_from_where_the_proxy_stands
# only leaves_the_script_alone
kind=switch
chain='dialled nginx'
files=(../../../stdlib/switch/nginx.sh ../dialled.sh)

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
