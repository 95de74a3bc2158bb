fetching_preflight() { fake_do "$service preflight" true; }
fetching_fetch() { fake_do "$service fetch" true; }
fetching_offers() { fake_do "$service offers" printf 'container.ip=127.0.0.9\n'; }
