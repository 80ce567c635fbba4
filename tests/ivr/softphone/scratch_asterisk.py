"""A small Asterisk for the phones' own tests: echo, tones, keys, refusals and one agent; nothing of Yulia's line."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
import wave
from dataclasses import dataclass
from pathlib import Path

from ivr.line.installation import AsteriskInstallation, find_installation
from ivr.line.ports import LinePorts
from ivr.line.settings import AsteriskSettings
from ivr.line.state import default_state_dir
from ivr.softphone.caller_voice import EspeakCaller, EspeakVoice

AGENT_PASSWORD = "scratch-only"
PROMPTS = {"ask": "Здравствуйте. Чем помочь?", "balance": "Ваш баланс: две тысячи пятьсот баллов."}

_MODULES = """
    pbx_config res_timing_timerfd codec_alaw codec_ulaw res_sorcery_config res_sorcery_memory res_sorcery_astdb
    res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_rtp_asterisk res_pjsip_endpoint_identifier_ip
    res_pjsip_endpoint_identifier_user res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
    res_pjsip_pubsub res_pjsip_registrar res_pjsip_caller_id res_pjsip_header_funcs chan_pjsip bridge_simple
    bridge_native_rtp bridge_builtin_features func_channel func_callerid func_logic func_strings func_global app_dial
    app_echo app_stack app_read app_playtones app_senddtmf
    app_playback format_wav
"""

_DIALPLAN = r"""
[from-trunk]
; echo
exten => 600,1,Answer()
 same => n,Echo()
; one second of tone half a second after the answer, then silence
exten => 601,1,Answer()
 same => n,Wait(0.5)
 same => n,Playtones(425)
 same => n,Wait(1)
 same => n,StopPlaytones()
 same => n,Wait(30)
; a tone that never ends
exten => 602,1,Answer()
 same => n,Playtones(425)
 same => n,Wait(60)
; keys
exten => 603,1,Answer()
 same => n,Read(KEYS,,3,,1,10)
 same => n,Set(GLOBAL(KEYS_OF_${FILTER(0-9,${CALLERID(num)})})=${KEYS})
 same => n,Hangup()
; silence, and the far end hangs up
exten => 604,1,Answer()
 same => n,Wait(0.6)
 same => n,Hangup()
; rings for ever
exten => 605,1,Ringing()
 same => n,Wait(60)
; busy
exten => 606,1,Hangup(17)
; silence
exten => 607,1,Answer()
 same => n,Wait(60)
; keys played to us
exten => 608,1,Answer()
 same => n,Set(GLOBAL(HEADER_SEEN)=${PJSIP_HEADER(read,X-Test)})
 same => n,Wait(60)
; to the agent's phone with a context
exten => 610,1,Set(__YULIA_CTX=ctx-${FILTER(0-9,${CALLERID(num)})})
 same => n,Answer()
 same => n,Dial(PJSIP/agent1,20,b(agent-header^add^1)g)
 same => n,Set(GLOBAL(AGENT_RESULT)=${DIALSTATUS})
 same => n,Hangup()
; speaks: asks, waits for a key, tells a balance, hangs up
exten => 620,1,Answer()
 same => n,Wait(0.3)
 same => n,Playback({prompts}/ask)
 same => n,Read(KEY,,1,,1,10)
 same => n,Playback({prompts}/balance)
 same => n,Wait(1)
 same => n,Hangup()
; speaks, then gives the call to the agent
exten => 621,1,Answer()
 same => n,Playback({prompts}/ask)
 same => n,Wait(1)
 same => n,Goto(610,1)
[agent-header]
exten => add,1,Set(PJSIP_HEADER(add,X-Yulia-Context)=${YULIA_CTX})
 same => n,Set(PJSIP_HEADER(add,User-to-User)=0042\;encoding=hex)
 same => n,Return()
[from-agent]
"""

_PJSIP = """
[global]
type = global
endpoint_identifier_order = username,ip
[udp]
type = transport
protocol = udp
bind = 127.0.0.1:{sip}
[phone](!)
type = endpoint
transport = udp
disallow = all
allow = alaw,ulaw
direct_media = no
dtmf_mode = rfc4733
media_address = 127.0.0.1
bind_rtp_to_media_address = yes
[trunk](phone)
context = from-trunk
identify_by = ip
[trunk]
type = identify
endpoint = trunk
match = 127.0.0.0/8
[agent1](phone)
context = from-agent
auth = agent1
aors = agent1
[agent1]
type = auth
auth_type = userpass
username = agent1
password = {password}
[agent1]
type = aor
max_contacts = 1
remove_existing = yes
"""


@dataclass(frozen=True, slots=True)
class ScratchAsterisk:
    """A running one."""

    server: str  # host:port of its SIP
    command: tuple[str, ...]

    def rx(self, command: str) -> str:
        """Run a command on its command line."""
        done = subprocess.run([*self.command, "-n", "-rx", command], capture_output=True, timeout=10, check=False)
        return done.stdout.decode(errors="replace")

    def global_variable(self, name: str) -> str | None:
        """Read a global variable of the dialplan."""
        for line in self.rx("dialplan show globals").splitlines():
            key, _, value = line.strip().partition("=")
            if key == name:
                return value
        return None

    def live_calls(self) -> int:
        """Count the channels."""
        return int(self.rx("core show channels count").split(" ", 1)[0])


def installation() -> AsteriskInstallation:
    """Find an Asterisk for tests.

    Raises:
        NoAsterisk
    """
    named = os.environ.get("YULIA_ASTERISK__ROOT_DIR")
    return find_installation(AsteriskSettings(root_dir=Path(named) if named else None), default_state_dir())


def write_prompt(path: Path, text: str) -> None:
    """Speak a prompt into a file that Asterisk can play."""
    pcm16 = asyncio.run(EspeakCaller(EspeakVoice(name="ru+f3")).speech(text))
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(8000)
        sink.writeframes(pcm16)


def write_configuration(folder: Path, found: AsteriskInstallation, ports: LinePorts) -> None:
    """Write all that Asterisk needs below a folder."""
    for name in ("etc", "lib", "spool", "run", "log", "cache", "prompts"):
        (folder / name).mkdir()
    etc = folder / "etc"
    directories = {
        "astetcdir": etc,
        "astmoddir": found.module_dir,
        "astvarlibdir": folder / "lib",
        "astdbdir": folder / "lib",
        "astkeydir": folder / "lib",
        "astdatadir": found.data_dir,
        "astagidir": folder / "lib",
        "astspooldir": folder / "spool",
        "astrundir": folder / "run",
        "astlogdir": folder / "log",
        "astcachedir": folder / "cache",
    }
    lines = "\n".join(f"{name} => {path}" for name, path in directories.items())
    (etc / "asterisk.conf").write_text(f"[directories]\n{lines}\n[options]\nhideconnect = yes\n")
    (etc / "logger.conf").write_text("[general]\n[logfiles]\nfull => notice,warning,error\n")
    modules = "\n".join(f"load = {name}.so" for name in _MODULES.split())
    (etc / "modules.conf").write_text(f"[modules]\nautoload = no\n{modules}\n")
    (etc / "rtp.conf").write_text(
        f"[general]\nrtpstart = {ports.rtp_first}\nrtpend = {ports.rtp_last}\nicesupport = no\nstrictrtp = no\n"
    )
    (etc / "pjproject.conf").write_text("[startup]\nlog_level = 0\n")
    (etc / "pjsip.conf").write_text(_PJSIP.format(sip=ports.sip, password=AGENT_PASSWORD))
    (etc / "extensions.conf").write_text(_DIALPLAN.replace("{prompts}", str(folder / "prompts")))
    (etc / "indications.conf").write_text(
        "[general]\ncountry = us\n[us]\ndescription = United States\nringcadence = 2000,4000\ndial = 350+440\n"
        "ring = 440+480/2000,0/4000\nbusy = 480+620/500,0/500\ncongestion = 480+620/250,0/250\n"
    )
    for name in ("acl", "udptl"):
        (etc / f"{name}.conf").write_text("")
    for name in ("features", "cel", "ccss", "cdr", "http", "manager", "codecs", "dnsmgr"):
        (etc / f"{name}.conf").write_text("[general]\n")


def start(
    folder: Path, found: AsteriskInstallation, ports: LinePorts
) -> tuple[subprocess.Popen[bytes], ScratchAsterisk]:
    """Start it and wait until it is booted."""
    write_configuration(folder, found, ports)
    for name, text in PROMPTS.items():
        write_prompt(folder / "prompts" / f"{name}.wav", text)
    command = (*found.command, "-C", str(folder / "etc" / "asterisk.conf"))
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen([*command, "-f"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    scratch = ScratchAsterisk(f"127.0.0.1:{ports.sip}", command)
    deadline = time.monotonic() + 20
    while "fully booted" not in scratch.rx("core waitfullybooted"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError("Asterisk did not start: " + (folder / "output").read_text(errors="replace")[-2000:])
        time.sleep(0.05)
    return process, scratch
