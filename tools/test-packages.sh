#!/usr/bin/env bash
# The programs the tests play against, from the machine's own package sources: SIPp (callers and agents' phones),
# Chromium (the pages), tcpdump (RTP on the wire). What is already on PATH is left alone.
set -euo pipefail

wanted=()
command -v sipp >/dev/null || wanted+=(sip-tester)
command -v chromium >/dev/null || wanted+=(chromium)
[ ${#wanted[@]} -eq 0 ] && exit 0

install=(apt-get install --yes --quiet --no-install-recommends "${wanted[@]}")
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need ${wanted[*]}. Install them as root, then run make test again:  ${install[*]}" >&2
    exit 2
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
"${install[@]}"
