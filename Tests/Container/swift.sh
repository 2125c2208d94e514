# To be sourced: where this machine has Swift, and what Debian 12 is to have for it.

# As swift.org names them.
swift_packages=(
    binutils-gold gcc git libc6-dev libcurl4-openssl-dev libedit2 libncurses6 libpython3.11 libsqlite3-0 libstdc++-12-dev
    libxml2 pkg-config tzdata zlib1g-dev)

# `/` where it is part of the system, and cannot be lent.
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift-build)")")")")

# The folders that git is told, in /etc/gitconfig, to take packages from instead.
package_places=()
for place in $(git config --system --get-regexp '^url\..*\.insteadof$' | sed 's/^url\.//; s/\.insteadof .*//' | sort -u); do
    if [ -d "$place" ]; then package_places+=("$place"); fi
done
