#!/usr/bin/env bash
# Fetches what the pages use from others (npm packages, through the machine's own npm) into cti/web/static/vendor/ and
# writes its manifest. Run it by hand to move to a newer version; the result is committed, nothing is fetched at run time.
set -euo pipefail
cd "$(dirname "$0")/.."

target=cti/web/static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# package, version
packages=(
    "preact 11.2.0"
    "htm 3.1.1"
    "uplot 1.6.32"
    "lucide-static 1.62.0"
    "@fontsource-variable/inter 5.3.0"
)
# package, file in it, name here
files=(
    "preact dist/preact.mjs preact.mjs"
    "preact hooks/dist/hooks.mjs preact-hooks.mjs"
    "preact LICENSE preact.LICENSE"
    "htm dist/htm.mjs htm.mjs"
    "htm LICENSE htm.LICENSE"
    "uplot dist/uPlot.esm.js uplot.mjs"
    "uplot dist/uPlot.min.css uplot.css"
    "uplot LICENSE uplot.LICENSE"
    "lucide-static LICENSE lucide-static.LICENSE"
    "@fontsource-variable/inter files/inter-latin-wght-normal.woff2 inter-latin.woff2"
    "@fontsource-variable/inter files/inter-latin-ext-wght-normal.woff2 inter-latin-ext.woff2"
    "@fontsource-variable/inter files/inter-cyrillic-wght-normal.woff2 inter-cyrillic.woff2"
    "@fontsource-variable/inter LICENSE inter.LICENSE"
)
# icons of lucide-static that go into icons.svg
icons=(
    activity arrow-right bell bell-off chart-line check circle-check circle-dot circle-question-mark
    clock coffee copy globe headset history hourglass keyboard landmark languages layout-dashboard log-out maximize
    message-square minimize pause pencil phone phone-call phone-incoming phone-missed phone-off play
    refresh-cw route shield-check star timer triangle-alert user-check user-round-x volume-2 volume-x wifi
    wifi-off x
)

rm -rf "$target"
mkdir -p "$target"
for entry in "${packages[@]}"; do
    read -r package version <<<"$entry"
    mkdir -p "$work/$package"
    archive=$(cd "$work" && npm pack --silent "$package@$version" 2>/dev/null | tail -1)
    tar -xzf "$work/$archive" -C "$work/$package" --strip-components 1
done
for entry in "${files[@]}"; do
    read -r package file name <<<"$entry"
    cp "$work/$package/$file" "$target/$name"
done
# Browsers find a module by its address, not by the name of its package.
sed -i 's#from *"preact"#from"./preact.mjs"#' "$target/preact-hooks.mjs"
sed -i '/^\/\/# sourceMappingURL=/d' "$target"/*.mjs

{
    echo '<svg xmlns="http://www.w3.org/2000/svg">'
    for icon in "${icons[@]}"; do
        echo "<symbol id=\"$icon\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\">"
        sed -e '/<!--/d' -e '1,/^ *>$/d' -e '/<\/svg>/d' "$work/lucide-static/icons/$icon.svg"
        echo "</symbol>"
    done
    echo '</svg>'
} >"$target/icons.svg"

python3 - "$work" "$target" "${packages[@]}" -- "${files[@]}" "lucide-static icons/ icons.svg" <<'PYTHON'
import hashlib, json, pathlib, sys

work, target = map(pathlib.Path, sys.argv[1:3])
split = sys.argv.index("--")
files = [entry.split() for entry in sys.argv[split + 1:]]
manifest = []
for package, version in (entry.split() for entry in sys.argv[3:split]):
    about = json.loads((work / package / "package.json").read_text())
    assert about["version"] == version, about["version"]
    manifest.append({
        "package": package, "version": version, "licence": about["license"],
        "files": [{"name": name, "source": source, "sha256": hashlib.sha256((target / name).read_bytes()).hexdigest()}
                  for owner, source, name in files if owner == package],
    })
(target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
PYTHON
echo "cti/web/static/vendor/ is up to date"
