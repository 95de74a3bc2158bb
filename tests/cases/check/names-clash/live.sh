live_routed() { cat <<END
not_a_function() {
END
}
