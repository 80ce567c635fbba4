#!/usr/bin/env bash
# RHVoice with the Russian voice anna, from Debian's non-free section, into a private folder.
#
# Source this file and call `install_rhvoice FOLDER`, or run it: `scripts/rhvoice.sh [FOLDER]`; without one the folder is
# `rhvoice` in the default state folder, which all lines of this checkout share.
#
# Nothing is installed into the system and no root is needed: apt fetches and verifies the packages by the machine's own
# sources (their address, with the section non-free added), and only what the line needs is unpacked: the libraries, the
# Russian language and one voice, 17 MB of a download of about 106 MB (Debian 12) or 144 MB (Debian 13).
#
# RHVOICE_VOICES=all unpacks every Russian voice (205 MB): the trainer of the recogniser wants them, a line does not.

RHVOICE_VOICE=anna
RHVOICE_VOICE_FOLDERS="voices/$RHVOICE_VOICE"
if [ "${RHVOICE_VOICES:-}" = all ]; then
    RHVOICE_VOICE=aleksandr-hq # there only when all are
    RHVOICE_VOICE_FOLDERS=voices
fi

_rhvoice_note() { printf 'rhvoice: %s\n' "$*" >&2; }

_rhvoice_cost() {
    _rhvoice_note "$1"
    _rhvoice_note "what it costs: the line speaks with espeak-ng, which is understood but sounds like a machine;" \
        "recorded prompts sound as before. Run the set-up again to try once more."
    return 1
}

# rhvoice_present FOLDER: the voice is there, in the folder or in the system.
rhvoice_present() {
    local root library
    for root in "$1/usr" /usr/local /usr; do
        [ -d "$root/share/RHVoice/voices/$RHVOICE_VOICE" ] || continue
        for library in "$root"/lib/*/libRHVoice.so.* "$root"/lib/libRHVoice.so.*; do
            [ -e "$library" ] && return 0
        done
    done
    return 1
}

# install_rhvoice FOLDER [LIMIT_SECONDS]: 0 when the voice is there afterwards, 1 when it could not be had (and says why).
install_rhvoice() {
    local folder=$1 limit_seconds=${2:-240} work status=0
    if rhvoice_present "$folder"; then return 0; fi
    local tool
    for tool in apt-get apt-cache dpkg-deb tar timeout; do
        command -v "$tool" >/dev/null || { _rhvoice_cost "this is no Debian: $tool is missing"; return 1; }
    done
    mkdir -p "$(dirname "$folder")" || { _rhvoice_cost "cannot write beside $folder"; return 1; }
    work=$(mktemp -d "$(dirname "$folder")/rhvoice-new.XXXXXX") || { _rhvoice_cost "cannot write beside $folder"; return 1; }
    # In a subshell: its options are not the caller's. (`set -e` would have no effect here, so each step says `return 1`.)
    (set -o pipefail; _rhvoice_fetch "$work" "$limit_seconds") || status=$?
    if [ "$status" -eq 0 ]; then
        rm -rf "$folder"
        mv "$work/root" "$folder" || status=1
    fi
    rm -rf "$work"
    [ "$status" -eq 0 ] || { _rhvoice_cost "RHVoice could not be fetched or unpacked (see above)"; return 1; }
    rhvoice_present "$folder" || { _rhvoice_cost "the packages hold no voice $RHVOICE_VOICE"; return 1; }
    _rhvoice_note "voice $RHVOICE_VOICE is in $folder"
}

_rhvoice_fetch() {
    local work=$1 limit_seconds=$2 codename uri key='' core
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    uri=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" "Component: main" | sed -n 1p)
    # Where no lists have been fetched yet, only the names that the sources use are known.
    [ -n "$uri" ] || uri=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' "Component: main" |
        awk -v codename="$codename" '$1 == codename || $1 == "stable" {print $2; exit}')
    if [ -z "$uri" ]; then
        _rhvoice_note "apt has no Debian source for ${codename:-this release}"
        return 1
    fi
    if [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
        key=' [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
    fi
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/packages" "$work/root" || return 1
    printf 'deb%s %s %s main non-free\n' "$key" "$uri" "$codename" >"$work/sources.list"
    local apt_options=(
        -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -q
    )
    if ! timeout "$limit_seconds" apt-get "${apt_options[@]}" --error-on=any update >"$work/log" 2>&1; then
        if grep -q 'is expired\|not valid yet\|is not valid' "$work/log"; then
            _rhvoice_note "the mirror's release file is out of date: taking it all the same"
            apt_options+=(-o Acquire::Check-Valid-Until=false)
            timeout "$limit_seconds" apt-get "${apt_options[@]}" --error-on=any update >"$work/log" 2>&1 || {
                _rhvoice_last_words "$work/log"; return 1; }
        else
            _rhvoice_last_words "$work/log"
            return 1
        fi
    fi
    # librhvoice-core7 in Debian 12, librhvoice-core10 in 13
    core=$(apt-cache "${apt_options[@]}" show --no-all-versions librhvoice5 |
        sed -n 's/^Depends:.*\(librhvoice-core[0-9]*\).*/\1/p' | sed -n 1p)
    if [ -z "$core" ]; then
        _rhvoice_note "there is no RHVoice in the section non-free of $codename"
        return 1
    fi
    _rhvoice_note "fetching RHVoice (more than 100 MB, once)"
    (cd "$work/packages" && timeout "$limit_seconds" apt-get "${apt_options[@]}" download \
        librhvoice5 "$core" libsonic0 rhvoice-russian >"$work/log" 2>&1) || { _rhvoice_last_words "$work/log"; return 1; }
    local package
    for package in "$work"/packages/*.deb; do
        case ${package##*/} in
            rhvoice-russian_*)
                dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/root" --no-same-owner \
                    ./usr/share/RHVoice/languages/Russian "./usr/share/RHVoice/$RHVOICE_VOICE_FOLDERS" \
                    ./usr/share/doc/rhvoice-russian || return 1
                ;;
            *) dpkg-deb -x "$package" "$work/root" || return 1 ;;
        esac
    done
}

# apt's last error, without the mirror's address
_rhvoice_last_words() { _rhvoice_note "$(sed -E 's#[a-z+]+://[^ /]+#MIRROR#g' "$1" | grep -E '^[EW]:' | sed -n 1p)"; }

# The folder that all lines of this checkout share, wherever their own state lies
rhvoice_default_folder() {
    local setup
    setup=$(dirname "${BASH_SOURCE[0]}")/setup.sh
    printf '%s/rhvoice\n' "$(env -u YULIA_LINE__STATE_DIR "$setup" --print-state-dir)"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    install_rhvoice "${1:-$(rhvoice_default_folder)}"
fi
