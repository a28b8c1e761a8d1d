# Sourced by bin/run, bin/test and bin/bench: a Python, a virtual environment and the pinned
# packages. When nothing changed since the last time this costs a few milliseconds.

unset PYTHONHOME PYTHONPATH

# use_python FILE...: .venv holds exactly what the requirements FILEs name.
use_python() {
    if ! packages_installed "$@"; then
        find_python
        "$python" -E bin/launcher/environment.py "$@"
    fi
}

packages_installed() {
    [ -x .venv/bin/python ] || return 1
    for file in "$@"; do
        [ "$(cat ".venv/.installed-$file" 2>/dev/null)" = "$(cksum <"$file")" ] || return 1
    done
}

# The versions the packages have ready-made builds for come first; one that can make virtual
# environments comes before one that cannot.
find_python() {
    for needs in "sys, venv, ensurepip" "sys"; do
        for python in "${PYTHON:-}" python3.11 python3.12 python3 python3.13 python3.14; do
            [ -n "$python" ] || continue
            if "$python" -c "import $needs; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then
                return
            fi
        done
    done
    cat >&2 <<'SENTENCE'
Parakeet needs Python 3.11 or 3.12, and this machine has none on its PATH.
  Debian, Ubuntu:  apt-get install python3 python3-venv
  Fedora:          dnf install python3.12
  macOS:           brew install python@3.12
If it is installed somewhere else, say where:  PYTHON=/path/to/python3.12 bin/run
SENTENCE
    exit 1
}
