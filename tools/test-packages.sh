#!/usr/bin/env bash
# The programs the tests play against, from the machine's own package sources: SIPp (callers and agents' phones),
# Chromium (the pages), PostgreSQL (journal and store of two machines). What is already there is left alone.
set -euo pipefail

wanted=()
command -v sipp >/dev/null || wanted+=(sip-tester)
command -v chromium >/dev/null || wanted+=(chromium)
command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || wanted+=(postgresql)
[ ${#wanted[@]} -eq 0 ] && exit 0

install=(apt-get install --yes --quiet --no-install-recommends "${wanted[@]}")
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need ${wanted[*]}. Install them as root, then run make test again:  ${install[*]}" >&2
    exit 2
fi
export DEBIAN_FRONTEND=noninteractive
if [[ " ${wanted[*]} " == *" postgresql "* ]]; then
    # The tests make clusters of their own: the package shall neither make nor start one.
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/holdless-tests.conf
fi
apt-get update --quiet
"${install[@]}"
