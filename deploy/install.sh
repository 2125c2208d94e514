#!/usr/bin/env bash
# Builds mogate from this folder and installs it on a bare Debian 12, as a package: sudo deploy/install.sh
#
# It needs Swift 6.3 (https://www.swift.org/install/linux/debian/12). What it installs is removed by `apt-get remove mogate`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ "$(id -u)" -ne 0 ]; then
    echo "as root, please: sudo $0" >&2
    exit 77
fi
if ! command -v swift >/dev/null; then
    echo "Swift 6.3 is not here: https://www.swift.org/install/linux/debian/12" >&2
    exit 69
fi
command -v make >/dev/null || { apt-get update -qq && apt-get install -y -qq make >/dev/null; }
make deb
apt-get install -y -qq ./.build/deb/mogate_*.deb
cat <<'TEXT'
mogate is installed. What is next:

  1. Put each vendor's secret in a file of its own, readable for root alone (type it, then Ctrl-D):
       install -m 0600 /dev/stdin /etc/mogate/secrets/mta
       install -m 0600 /dev/stdin /etc/mogate/secrets/telesign
  2. Look through /etc/mogate/mogate.yaml, take out the vendor that you do not have, and check it:
       CREDENTIALS_DIRECTORY=/etc/mogate/secrets mogate check --config /etc/mogate/mogate.yaml
  3. Start it, and see what it says:
       systemctl enable --now mogate && journalctl -u mogate -n 20
  4. Put a proxy with TLS before it: /usr/share/doc/mogate/deploy/proxies
TEXT
