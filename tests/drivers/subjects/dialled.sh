# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# A switch driver that exists only for this suite. It extends `nginx` and has every function that a driver may leave
# out.
# needs nginx
# only has_every_function
# only dials_from_where_the_proxy_runs
# only leaves_the_script_alone
kind=switch
chain='dialled nginx'
files=(../../../stdlib/switch/nginx.sh ../dialled.sh)

# shellcheck source=/dev/null
source "$suite/nginx.sh"
