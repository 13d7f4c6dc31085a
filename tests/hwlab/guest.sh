# What the guest runs as its first process once the host's root is under it: it is this system now.
# The folder /lab is the host's; what is written there is what is left of the run.
set -u
cd "$(dirname "$0")/../.."
. /lab/run # PYTHON, ARGUMENTS, CI
[ -z "$CI" ] || export CI
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8
export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 ROOMCTL_HWLAB=1 PYTHONPATH=/opt/lgpio
export XDG_RUNTIME_DIR=/run LG_WD=/run

chmod 755 "$HOME" # an ordinary user's Python may stand below it
ldconfig          # names the libraries that were added, for ctypes
hostname hwlab

eval '"$PYTHON"' -m pytest -p pytest_asyncio.plugin -p pytest_timeout -p no:cacheprovider \
    --junitxml=/lab/junit.xml "$ARGUMENTS"
echo $? >/lab/status
dmesg >/lab/kernel.log
echo o >/proc/sysrq-trigger
while :; do :; done # the kernel switches off under it
