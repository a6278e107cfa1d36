#!/usr/bin/env bash
# Asterisk 22 as an ordinary program: Debian's own packages (suite sid), unpacked into .asterisk/ without root, service
# or chroot. Does nothing where Asterisk 22 is on PATH or the tree is complete. No package script runs and nothing
# outside .asterisk/ is written. Start it with .asterisk/bin/asterisk; that launcher calls the tree's own loader, since
# the packages bring a newer libc than the machine's.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(asterisk asterisk-core-sounds-en-gsm asterisk-core-sounds-ru-gsm)
suite=sid
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
home=$PWD/.asterisk
stamp="$suite ${packages[*]}"

fail() { echo "make asterisk: $*" >&2; exit 2; }

is_22() { [[ "$("$1" -V 2>/dev/null)" == "Asterisk 22."* ]]; }

complete() { [ "$(cat "$home/root/.complete" 2>/dev/null)" = "$stamp" ]; }

# The URIs of the machine's own apt sources (deb822 and one-line format), comments and security archives left out.
mirrors() {
    {
        sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | tr -s '[:space:]' '\n'
        sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' \
            /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
    } | grep -E '^[a-z+]+:' | grep -v security | awk '!seen[$0]++' || true
}

if command -v asterisk >/dev/null && is_22 asterisk; then exit 0; fi
if complete; then exit 0; fi
for tool in apt-get dpkg-deb flock; do
    command -v "$tool" >/dev/null || fail "$tool is missing: install Asterisk 22 yourself and put it on PATH."
done
[ -r "$keyring" ] || fail "$keyring is missing: install debian-archive-keyring, or put Asterisk 22 on PATH."

mkdir -p "$home"
exec 9>"$home/lock"
flock 9 # two make runs at once: the second waits and finds the tree complete
if complete; then exit 0; fi

work=$(mktemp -d "$home/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{root,state/lists/partial,cache/archives/partial,etc/parts}
: >"$work/status" # an empty machine: everything down to libc is fetched
apt=(apt-get --quiet=2
    -o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
    -o "Dir::Etc::sourcelist=$work/etc/sources.list" -o "Dir::Etc::sourceparts=$work/etc/parts"
    -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Install-Recommends=0
    -o Acquire::Languages=none -o Acquire::Retries=3)

mirror=
for uri in $(mirrors); do
    echo "deb [signed-by=$keyring] $uri $suite main" >"$work/etc/sources.list"
    if "${apt[@]}" --error-on=any update >"$work/apt.log" 2>&1; then mirror=$uri; break; fi
done
[ -n "$mirror" ] || fail "no mirror of this machine's apt sources serves Debian's suite $suite;" \
    "add one to /etc/apt/sources.list.d, or install Asterisk 22 yourself and put it on PATH."

"${apt[@]}" --yes --download-only install "${packages[@]}" >"$work/apt.log" 2>&1 ||
    fail "apt could not fetch Asterisk: $(grep -m1 '^E:' "$work/apt.log" || tail -n1 "$work/apt.log")"

for deb in "$work"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
rm -rf "$work"/root/usr/share/{doc,man,locale,info,lintian,bug}

loader=$(cd "$work/root" && compgen -G 'usr/lib64/ld-linux-*.so.*' || compgen -G 'usr/lib/ld-linux-*.so.*') ||
    fail "the unpacked packages hold no program loader for this processor."
loader=${loader%%$'\n'*}
libraries=usr/lib/$(cd "$work/root/usr/lib" && compgen -G '*-linux-gnu*' | head -n1)
mkdir "$work/bin"
cat >"$work/bin/asterisk" <<LAUNCHER
#!/bin/sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")/root
exec "\$root/$loader" --library-path "\$root/$libraries" "\$root/usr/sbin/asterisk" "\$@"
LAUNCHER
chmod +x "$work/bin/asterisk"
is_22 "$work/bin/asterisk" ||
    fail "the suite $suite holds $("$work/bin/asterisk" -V 2>&1 | head -n1), Holdless is tested with Asterisk 22."

echo "$stamp" >"$work/root/.complete"
rm -rf "$home/root" "$home/bin"
mv "$work/bin" "$home/bin"
mv "$work/root" "$home/root" # last: the stamp inside makes the tree complete
"$home/bin/asterisk" -V
