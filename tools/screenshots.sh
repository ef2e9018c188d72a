#!/usr/bin/env bash
# Takes the README's pictures from a running relay, two boxes and a live lesson, with headless Chromium.
#   tools/screenshots.sh         all pages into artifacts/screenshots, three of them into docs/images
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh test
dotnet build tests/EndToEnd -c Release -v q -nologo -clp:ErrorsOnly
dotnet tests/EndToEnd/bin/Release/net10.0/EndToEnd.dll -noLogo -class EndToEnd.Screenshots -explicit only
mkdir -p docs/images
cp artifacts/screenshots/{school,lesson,console}.png docs/images/
